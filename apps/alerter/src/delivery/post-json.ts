import type { IncomingMessage } from 'node:http'
import { StreamForgeError, toStreamForgeError } from '@streamforge/contracts'
import { exchange, openWire, parseAllowances, type EgressTerms, type Resolve, type Wire } from '@streamforge/guards'
import { deliveryMs } from './channel.ts'

export interface PostOptions {
  headers?: Record<string, string>
  body: unknown
}

/** Posts to one address. */
export interface Poster {
  /**
   * Posts JSON and resolves when the answer is 2xx; its body is of no interest. Redirects are refused: they would carry secrets elsewhere.
   * @throws StreamForgeError DELIVERY_FAILED, DELIVERY_REFUSED
   */
  post(options: PostOptions): Promise<void>
  close(): void
}

const terms: EgressTerms = { notAllowed: 'DELIVERY_REFUSED', dnsFailed: 'DELIVERY_FAILED', unreachable: 'DELIVERY_FAILED', variable: 'the operator' }

/**
 * `what` stands for the address in messages: it may be a secret itself. The operator's own environment names the address, so that it may lie in a
 * private network; what clouds give credentials at it may not be.
 */
export function openPoster(what: string, address: string, resolve?: Resolve): Poster {
  const url = new URL(address)
  const wire = openWire(parseAllowances(url.host, terms), resolve)
  return {
    post: ({ headers, body }) => post(wire, { what, url, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }),
    close: () => wire.close(),
  }
}

/** Statuses after which the same request may succeed later. */
const passing = (status: number) => status === 408 || status === 425 || status === 429 || status >= 500

async function post(wire: Wire, { what, url, headers, body }: { what: string; url: URL; headers: Record<string, string>; body: string }): Promise<void> {
  const response = await exchange(wire, url, { method: 'POST', headers, body }, AbortSignal.timeout(deliveryMs)).catch((error: unknown) => {
    throw nameless(what, error)
  })
  response.resume()
  const status = response.statusCode!
  if (status >= 200 && status < 300) return
  if (!passing(status)) throw new StreamForgeError('DELIVERY_REFUSED', `${what} answered ${status}`, { remedy: 'check its address, token and chat' })
  throw new StreamForgeError('DELIVERY_FAILED', `${what} answered ${status}`, { details: { retry_after_ms: retryAfterMs(response) } })
}

/** What the guard and the connection say names the address; only a code such as ECONNREFUSED, or the kind of error, is told. */
function nameless(what: string, error: unknown): StreamForgeError {
  const { code } = toStreamForgeError(error, 'DELIVERY_FAILED')
  if (code === 'DELIVERY_REFUSED') return new StreamForgeError(code, `${what} has an address that is not allowed`, { remedy: 'link-local addresses, and names and passwords in addresses, are refused' })
  const { cause, name } = error as { cause?: { code?: unknown }; name?: unknown }
  return new StreamForgeError('DELIVERY_FAILED', `${what} did not answer: ${typeof cause?.code === 'string' ? cause.code : String(name)}`)
}

function retryAfterMs({ headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers['retry-after'] ?? NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
}
