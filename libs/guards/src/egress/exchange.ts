import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { StreamForgeError } from '@streamforge/contracts'
import { type Allowances, checkUrl, isAllowedHost } from './address-rules.ts'
import { guardedLookup, systemResolve, type Resolve } from './guarded-lookup.ts'

/** Connections, and who may be connected to. */
export interface Wire {
  readonly allowances: Allowances
  readonly resolve: Resolve
  readonly http: HttpAgent
  readonly https: HttpsAgent
  close(): void
}

const agentOptions = { keepAlive: true, maxSockets: 16, maxFreeSockets: 2, timeout: 15_000 }

export function openWire(allowances: Allowances, resolve: Resolve = systemResolve): Wire {
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

export interface Exchange {
  readonly method?: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * Sends one request and resolves with its answer's head; redirects are not followed. The address is checked, then what its name resolves to, and
 * that is what is connected to. The signal ends the whole exchange, the body included.
 * @throws StreamForgeError the codes of the allowances' terms; what the signal was aborted with
 */
export async function exchange(wire: Wire, url: URL, request: Exchange, signal: AbortSignal): Promise<IncomingMessage> {
  checkUrl(url, wire.allowances)
  try {
    return await send(wire, url, request, signal)
  } catch (error) {
    // A server may close a kept connection at the moment at which it is used again: that says nothing about the server.
    if (!(error instanceof StaleConnection) || request.method === 'POST') throw error instanceof StaleConnection ? error.reported : error
    return send(wire, url, request, signal)
  }
}

class StaleConnection extends Error {
  readonly reported: StreamForgeError
  constructor(reported: StreamForgeError) {
    super('the connection was closed before it was used again')
    this.reported = reported
  }
}

function send(wire: Wire, url: URL, { method = 'GET', headers, body }: Exchange, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const secure = url.protocol === 'https:'
  const { allowances } = wire
  const request = (secure ? httpsRequest : httpRequest)(url, {
    method, agent: secure ? wire.https : wire.http, headers: { ...headers, ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }) }, signal,
    lookup: guardedLookup(wire.resolve, allowances, isAllowedHost(url, allowances)),
  })
  request.once('response', resolve)
  request.once('error', (error: NodeJS.ErrnoException) => {
    if (signal.aborted) reject(signal.reason as Error)
    else if (error instanceof StreamForgeError) reject(error)
    else {
      const reported = new StreamForgeError(allowances.terms.unreachable, `${url.origin} cannot be reached (${error.code ?? 'connection broken'})`, { cause: error })
      const stale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      reject(stale ? new StaleConnection(reported) : reported)
    }
  })
  request.end(body)
  return promise
}
