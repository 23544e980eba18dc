import { StreamForgeError } from '@streamforge/contracts'
import { deliveryMs } from './channel.ts'

export interface PostOptions {
  /** For messages; the address itself may be a secret. */
  what: string
  url: string
  headers?: Record<string, string>
  body: unknown
}

/** Statuses after which the same request may succeed later. */
const passing = (status: number) => status === 408 || status === 425 || status === 429 || status >= 500

/**
 * Posts JSON and resolves when the answer is 2xx; its body is of no interest. Redirects are refused: they would carry secrets elsewhere.
 * @throws StreamForgeError DELIVERY_FAILED, DELIVERY_REFUSED
 */
export async function postJson({ what, url, headers, body }: PostOptions): Promise<void> {
  const response = await fetch(url, {
    method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body), signal: AbortSignal.timeout(deliveryMs),
  }).catch((error: unknown) => {
    // What fetch says may name the address.
    throw new StreamForgeError('DELIVERY_FAILED', `${what} did not answer: ${reasonOf(error)}`)
  })
  await response.body?.cancel()
  if (response.ok) return
  if (!passing(response.status)) throw new StreamForgeError('DELIVERY_REFUSED', `${what} answered ${response.status}`, { remedy: 'check its address, token and chat' })
  throw new StreamForgeError('DELIVERY_FAILED', `${what} answered ${response.status}`, { details: { retry_after_ms: retryAfterMs(response) } })
}

function retryAfterMs({ headers }: Response): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
}

/** A code such as ECONNREFUSED, or the kind of error: never its message. */
function reasonOf(error: unknown): string {
  const { cause, name } = error as { cause?: { code?: unknown }; name?: unknown }
  return typeof cause?.code === 'string' ? cause.code : String(name)
}
