import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { LiveClientMessage, StreamForgeError, type LiveServerMessage } from '@streamforge/contracts'
import type { Logger } from 'pino'
import { WebSocketServer, type WebSocket } from 'ws'
import { problemOf } from '../http/problems.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import type { LiveHub } from './live-hub.ts'

export interface LiveParts {
  hub: LiveHub
  log: Logger
  now: () => number
  /** What the server listens on. */
  host: string
}

/** A page that reads so slowly that this much waits for it is cut off; it comes back and catches up. */
const maxBufferedBytes = 4 * 1024 * 1024
const maxSubscriptions = 50
const heartbeatMs = 2_000

/** The WebSocket at /live: subscriptions in, states and changes out, and a heartbeat by which a page knows that silence is silence. */
export function serveLive(server: Server, parts: LiveParts): { close: () => void } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024, perMessageDeflate: false })
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url?.split('?', 1)[0] !== '/live' || !mayConnect(request, parts.host)) {
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (client) => serveClient(client, parts))
  }
  server.on('upgrade', upgrade)
  return {
    close() {
      server.off('upgrade', upgrade)
      for (const client of sockets.clients) client.close(1001, 'the dashboard is stopping')
      sockets.close()
      setTimeout(() => { for (const client of sockets.clients) client.terminate() }, 500).unref()
    },
  }
}

function mayConnect(request: IncomingMessage, host: string): boolean {
  try {
    requireSameOrigin(request.headers, host, true)
    return true
  } catch {
    return false
  }
}

function serveClient(client: WebSocket, { hub, log, now }: LiveParts): void {
  const subscriptions = new Map<number, () => void>()
  const send = (message: LiveServerMessage) => {
    if (client.readyState !== client.OPEN) return
    client.send(JSON.stringify(message))
    if (client.bufferedAmount > maxBufferedBytes) client.close(1013, 'the page reads too slowly')
  }
  const beat = () => send({ op: 'heartbeat', at: now(), every_ms: heartbeatMs })
  const heartbeat = setInterval(beat, heartbeatMs)
  beat()
  client.on('message', (data) => {
    const message = read(String(data))
    if (message instanceof StreamForgeError) return send({ op: 'problem', problem: problemOf(message, '/live') })
    subscriptions.get(message.id)?.()
    subscriptions.delete(message.id)
    if (message.op === 'unsubscribe') return
    if (subscriptions.size >= maxSubscriptions) {
      return send({ op: 'problem', id: message.id, problem: problemOf(new StreamForgeError('BAD_REQUEST', `at most ${maxSubscriptions} subscriptions`), '/live') })
    }
    const { id, channel, since } = message
    subscriptions.set(id, hub.subscribe(channel, since, (data) => send({ op: 'data', id, data, at: now() })))
  })
  client.on('error', (err) => log.debug({ err }, 'a live connection failed'))
  client.on('close', () => {
    clearInterval(heartbeat)
    for (const end of subscriptions.values()) end()
    subscriptions.clear()
  })
}

function read(text: string): LiveClientMessage | StreamForgeError {
  try {
    const parsed = LiveClientMessage.safeParse(JSON.parse(text))
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    return new StreamForgeError('BAD_REQUEST', `${issue?.path.join('.') || 'message'}: ${issue?.message}`)
  } catch {
    return new StreamForgeError('BAD_REQUEST', 'the message is not JSON')
  }
}
