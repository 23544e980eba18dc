import type { IncomingMessage } from 'node:http'
import { StreamForgeError } from '@streamforge/contracts'
import { exchange, type Wire } from '@streamforge/guards'
import { readBody } from './read-body.ts'
import { retryAfterMs } from './retry-after.ts'

/** What a source said about an answer's version, to be asked with the next time. */
export interface Validators {
  etag?: string | undefined
  last_modified?: string | undefined
}

export interface SafeRequest {
  readonly url: string
  /** Sent to the host of `url` only, not to where it redirects. */
  readonly secretHeader?: readonly [name: string, value: string] | undefined
  /** Never shown: taken out of what errors quote. */
  readonly secret?: string | undefined
  readonly accept: string
  readonly validators?: Validators | undefined
  readonly timeoutMs: number
  readonly maxBytes: number
}

export interface SafeAnswer {
  /** Undefined: not modified since the validators. */
  readonly body: Buffer | undefined
  readonly contentType: string
  readonly validators: Validators
  readonly bytes: number
  /** The source's clock when it answered, milliseconds; undefined: it did not say. */
  readonly sourceTime: number | undefined
}

const mostRedirects = 5
const redirects = new Set([301, 302, 303, 307, 308])
const userAgent = 'StreamForge feed-fetcher'

/**
 * GET under the rules: every hop's scheme, host, port and addresses are checked, the whole takes at most `timeoutMs` and brings at most
 * `maxBytes`. Addresses in errors come without their query, which may hold a secret.
 * @throws StreamForgeError FEED_NOT_ALLOWED, FEED_DNS_FAILED, FEED_UNREACHABLE, FEED_TIMEOUT, FEED_RATE_LIMITED (`details.retryAfterMs`),
 *   FEED_SOURCE_FAILED, FEED_REJECTED, FEED_TOO_LARGE, FEED_CUT_SHORT, FEED_BAD_ANSWER
 */
export async function fetchSafely(wire: Wire, request: SafeRequest, stop: AbortSignal, now: () => number): Promise<SafeAnswer> {
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(), request.timeoutMs)
  const signal = AbortSignal.any([timeout.signal, stop])
  try {
    return await follow(wire, request, signal, now)
  } catch (error) {
    if (stop.aborted) throw stop.reason
    if (timeout.signal.aborted) throw new StreamForgeError('FEED_TIMEOUT', `no whole answer within ${request.timeoutMs} ms`, { cause: error })
    throw error
  } finally {
    clearTimeout(timer)
  }
}

async function follow(wire: Wire, request: SafeRequest, signal: AbortSignal, now: () => number): Promise<SafeAnswer> {
  const first = parseUrl(request.url)
  let url = first
  for (let hop = 0; hop <= mostRedirects; hop++) {
    const response = await exchange(wire, url, { headers: headersOf(request, url.origin === first.origin) }, signal)
    const location = redirects.has(response.statusCode!) ? response.headers.location : undefined
    if (location === undefined) return answerOf(response, request, now)
    response.destroy()
    url = parseUrl(location, url)
  }
  throw new StreamForgeError('FEED_BAD_ANSWER', `${first.origin} redirects more than ${mostRedirects} times`)
}

function parseUrl(text: string, base?: URL): URL {
  try {
    return new URL(text, base)
  } catch {
    throw new StreamForgeError('FEED_NOT_ALLOWED', base ? `${base.origin} redirects to what is no address` : 'the endpoint is no address')
  }
}

function headersOf({ accept, validators, secretHeader }: SafeRequest, sameOrigin: boolean): Record<string, string> {
  return {
    accept, 'accept-encoding': 'gzip, deflate, br', 'user-agent': userAgent,
    ...(sameOrigin && secretHeader && { [secretHeader[0]]: secretHeader[1] }),
    ...(sameOrigin && validators?.etag !== undefined && { 'if-none-match': validators.etag }),
    ...(sameOrigin && validators?.last_modified !== undefined && { 'if-modified-since': validators.last_modified }),
  }
}

async function answerOf(response: IncomingMessage, request: SafeRequest, now: () => number): Promise<SafeAnswer> {
  const status = response.statusCode!
  const { headers } = response
  const date = Date.parse(headers.date ?? '')
  const facts = {
    contentType: (headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase(),
    sourceTime: Number.isNaN(date) ? undefined : date,
  }
  try {
    if (status === 304) {
      response.resume()
      return { ...facts, body: undefined, bytes: 0, validators: request.validators ?? {} }
    }
    if (status < 200 || status >= 300) throw await refusal(response, request, now())
    const body = await readBody(response, request.maxBytes)
    return { ...facts, body, bytes: body.length, validators: { etag: headers.etag, last_modified: headers['last-modified'] } }
  } catch (error) {
    response.destroy()
    throw error
  }
}

async function refusal(response: IncomingMessage, { secret }: SafeRequest, now: number): Promise<StreamForgeError> {
  const status = response.statusCode!
  const wait = retryAfterMs(response.headers['retry-after'], now)
  const details = { status, ...(wait !== undefined && { retryAfterMs: wait }) }
  const words = (await readBody(response, 20_000).then((b) => b.toString(), () => '')).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim().slice(0, 200)
  const told = hideSecret(`the source answered ${status}${words === '' ? '' : `: ${words}`}`, secret)
  if (status === 429) return new StreamForgeError('FEED_RATE_LIMITED', told, { details })
  if (status >= 500 || status === 408 || status === 425) return new StreamForgeError('FEED_SOURCE_FAILED', told, { details })
  return new StreamForgeError('FEED_REJECTED', told, { details })
}

/** Sources quote what they were asked with. */
export function hideSecret(text: string, secret: string | undefined): string {
  if (secret === undefined || secret === '') return text
  return text.replaceAll(secret, '***').replaceAll(encodeURIComponent(secret), '***')
}
