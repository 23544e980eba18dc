import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { FaultRequest, type Faults } from './faults.ts'
import { answerBook, answerLive, type LiveState } from './live-api.ts'
import { jsonReply, type Reply } from './reply.ts'
import type { StatsKeeper } from './stats.ts'

export interface SimulatorState {
  readonly faults: Faults
  readonly stats: StatsKeeper
  readonly live: LiveState
}

const mostBytes = 1024 * 1024

/** `/_simulator/...`: what tests and people set and read; no exchange has it. */
export async function answerSimulatorApi(request: IncomingMessage, path: string, query: string, state: SimulatorState): Promise<Reply> {
  const { faults, stats, live } = state
  const asked = `${request.method} ${path}`
  switch (asked) {
    case 'GET /_simulator/stats': return jsonReply(stats.current())
    case 'DELETE /_simulator/stats':
      stats.reset()
      return jsonReply(stats.current())
    case 'GET /_simulator/faults': return jsonReply(faults.list())
    case 'DELETE /_simulator/faults':
      faults.clear()
      return jsonReply([])
    case 'GET /_simulator/live': return answerLive(live)
    case 'POST /_simulator/live': return setLive(await readBody(request), live)
    case 'GET /_simulator/book': return answerBook(live, query)
    case 'POST /_simulator/faults': return addFaults(await readBody(request), faults)
    default: return jsonReply({ error: `${asked} is not known; there are GET and DELETE /_simulator/stats, GET, POST and DELETE /_simulator/faults, GET and POST /_simulator/live, GET /_simulator/book` }, 404)
  }
}

/** `{"paused":true}`: the venue's clock stands still until `{"paused":false}`. Recordings are not paused. */
function setLive(body: string | undefined, live: LiveState): Reply {
  const parsed = z.strictObject({ paused: z.boolean() }).safeParse(jsonOf(body ?? ''))
  if (!parsed.success) return jsonReply({ error: 'the body must be {"paused":true} or {"paused":false}' }, 422)
  live.venue.setPaused(parsed.data.paused)
  return answerLive(live)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function addFaults(body: string | undefined, faults: Faults): Reply {
  if (body === undefined) return jsonReply({ error: `the body is larger than ${mostBytes} bytes` }, 413)
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch (error) {
    return jsonReply({ error: `the body is not JSON: ${(error as Error).message}` }, 400)
  }
  const parsed = FaultRequest.safeParse(json)
  if (!parsed.success) return jsonReply({ error: 'not a fault, nor a list of faults', issues: parsed.error.issues }, 422)
  if (parsed.data.seed !== undefined) faults.reseed(parsed.data.seed)
  faults.add(parsed.data.faults)
  return jsonReply(faults.list(), 201)
}

/** The body, undefined when it is too large; read to its end either way, for a client that is still sending hears no answer. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length
    if (size <= mostBytes) pieces.push(piece)
  }
  return size > mostBytes ? undefined : Buffer.concat(pieces).toString()
}
