import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { StreamForgeError } from '@streamforge/contracts'
import { type Allowances, isAllowedHost } from './address-rules.ts'
import { guardedLookup, type Resolve } from './guarded-lookup.ts'

/** Connections, and who may be connected to. */
export interface Wire {
  readonly allowances: Allowances
  readonly resolve: Resolve
  readonly http: HttpAgent
  readonly https: HttpsAgent
  close(): void
}

const agentOptions = { keepAlive: true, maxSockets: 16, maxFreeSockets: 2, timeout: 15_000 }

export function openWire(allowances: Allowances, resolve: Resolve): Wire {
  const http = new HttpAgent(agentOptions)
  const https = new HttpsAgent(agentOptions)
  return {
    allowances, resolve, http, https,
    close() {
      http.destroy()
      https.destroy()
    },
  }
}

/**
 * Sends one GET and resolves with its answer's head. The signal ends the whole exchange, the body included.
 * @throws StreamForgeError FEED_DNS_FAILED, FEED_NOT_ALLOWED, FEED_UNREACHABLE; what the signal was aborted with
 */
export async function exchange(wire: Wire, url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IncomingMessage> {
  try {
    return await send(wire, url, headers, signal)
  } catch (error) {
    // A server may close a kept connection at the moment at which it is used again: that says nothing about the server.
    if (!(error instanceof StaleConnection)) throw error
    return send(wire, url, headers, signal)
  }
}

class StaleConnection extends Error {}

function send(wire: Wire, url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const secure = url.protocol === 'https:'
  const request = (secure ? httpsRequest : httpRequest)(url, {
    agent: secure ? wire.https : wire.http, headers, signal,
    lookup: guardedLookup(wire.resolve, wire.allowances, isAllowedHost(url, wire.allowances)),
  })
  request.once('response', resolve)
  request.once('error', (error: NodeJS.ErrnoException) => {
    if (signal.aborted) reject(signal.reason as Error)
    else if (error instanceof StreamForgeError) reject(error)
    else if (request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) reject(new StaleConnection())
    else reject(new StreamForgeError('FEED_UNREACHABLE', `${url.origin} cannot be reached (${error.code ?? 'connection broken'})`, { cause: error }))
  })
  request.end()
  return promise
}
