import { join } from 'node:path'
import { readFile, stat } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { type NewsArticle, type Quote, StreamForgeError, toStreamForgeError } from '@streamforge/contracts'
import type { Wire } from '@streamforge/guards'
import type { Feed } from '../feed-file/feed.ts'
import { fetchSafely, hideSecret, type SafeAnswer, type Validators } from '../fetching/fetch-safely.ts'
import { fetchWithRetries } from '../fetching/fetch-with-retries.ts'
import type { HostLimits } from '../fetching/host-limits.ts'
import { readSecret, type SecretPlaces } from '../fetching/read-secret.ts'
import { parserOf } from '../parsers/index.ts'
import type { Clock } from '../schedule/clock.ts'
import { checkType } from './check-type.ts'
import { completeRecords } from './complete-records.ts'
import type { PlannedRequest } from './plan-requests.ts'

/** What fetching needs of the world. */
export interface Fetching {
  readonly wire: Wire
  readonly limits: HostLimits
  readonly secrets: SecretPlaces
  /** Folder whose files `file:` addresses may name; undefined: none. */
  readonly files: string | undefined
  readonly clock: Clock
  readonly random: () => number
}

/** What the requests of one run brought, and what went wrong. */
export interface Collected {
  quotes: Quote[]
  articles: NewsArticle[]
  rejected: string[]
  requests: number
  retries: number
  notModified: number
  bytes: number
  latencyMs: number
  faults: Record<string, number>
  error: StreamForgeError | undefined
  validators: Record<string, Validators>
  /** The source's clock against ours; undefined: it did not say. */
  skewMs: number | undefined
}

/** Sources' clocks show whole seconds, and answers take their time: less than this is no skew. */
const noticedSkewMs = 60_000
const requestsAtOnce = 4

/**
 * Asks all requests of a run, a few at a time. What one of them brings is kept whatever becomes of the others.
 * @throws what `signal` was aborted with
 */
export async function collect(fetching: Fetching, feed: Feed, requests: readonly PlannedRequest[], validators: Readonly<Record<string, Validators>>, signal: AbortSignal): Promise<Collected> {
  const collected: Collected = {
    quotes: [], articles: [], rejected: [], requests: 0, retries: 0, notModified: 0, bytes: 0, latencyMs: 0, faults: {}, error: undefined, validators: {}, skewMs: undefined,
  }
  const fault = (error: StreamForgeError) => {
    collected.faults[error.code] = (collected.faults[error.code] ?? 0) + 1
  }
  const left = [...requests]
  const work = async () => {
    for (let request = left.shift(); request; request = left.shift()) {
      try {
        await collectOne(fetching, feed, request, validators[request.url], collected, fault, signal)
      } catch (thrown) {
        if (signal.aborted) throw thrown
        collected.error ??= toStreamForgeError(thrown)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(requestsAtOnce, requests.length) }, work))
  signal.throwIfAborted()
  return collected
}

async function collectOne(
  fetching: Fetching, feed: Feed, request: PlannedRequest, validators: Validators | undefined, collected: Collected,
  fault: (error: StreamForgeError) => void, signal: AbortSignal,
): Promise<void> {
  const { clock, random } = fetching
  let secret: string | undefined
  try {
    const begun = clock.now()
    // Counted where it happens: what follows may throw codes of its own.
    let tried = 0
    const answer = await fetchWithRetries(async () => {
      secret = feed.entry.auth && await readSecret(feed.entry.auth, fetching.secrets)
      if (feed.host === 'file') return readLocalFile(fetching.files, feed, validators)
      await fetching.limits.take(feed.host, signal)
      collected.requests++
      if (++tried > 1) collected.retries++
      return fetchSafely(fetching.wire, safeRequest(feed, request, secret, validators), signal, clock.now)
    }, { clock, random, signal, onFault: (error) => {
      fault(error)
      const wait = error.details.retryAfterMs
      if (typeof wait === 'number') fetching.limits.rest(feed.host, clock.now() + wait)
    } })
    const receivedAt = clock.now()
    collected.latencyMs = Math.max(collected.latencyMs, Math.max(0, Math.round(receivedAt - begun)))
    noteSkew(collected, answer, receivedAt, fault)
    if (answer.body === undefined) {
      collected.notModified++
      collected.validators[request.url] = answer.validators
      return
    }
    collected.bytes += answer.bytes
    await parseAnswer(feed, request, answer, answer.body, receivedAt, collected, fault)
    // Only what could be read is never asked for again.
    if (answer.validators.etag !== undefined || answer.validators.last_modified !== undefined) collected.validators[request.url] = answer.validators
  } catch (thrown) {
    const error = toStreamForgeError(thrown)
    throw new StreamForgeError(error.code, hideSecret(error.message, secret), { cause: error, ...(error.remedy !== undefined && { remedy: error.remedy }) })
  }
}

async function parseAnswer(
  feed: Feed, { instruments, history }: PlannedRequest, answer: SafeAnswer, body: Buffer, receivedAt: number, collected: Collected, fault: (error: StreamForgeError) => void,
): Promise<void> {
  const parser = parserOf(feed.parser)
  try {
    const text = body.toString()
    checkType(parser.accepts, answer.contentType, text)
    const { facts, rejected } = parser.parse(text, { asked: instruments.map((i) => i.as), timezone: feed.timezone, receivedAt, history })
    const completed = completeRecords(feed, facts, { instruments, receivedAt, history, rejected })
    collected.quotes.push(...completed.quotes)
    collected.articles.push(...completed.articles)
    collected.rejected.push(...rejected, ...completed.rejected)
    if (completed.ahead > 0) throw new StreamForgeError('FEED_CLOCK_SKEW', completed.rejected.find((r) => r.includes('ahead')) ?? 'times of the future')
  } catch (thrown) {
    const error = thrown instanceof StreamForgeError ? thrown : new StreamForgeError('FEED_BAD_ANSWER', 'the answer could not be read', { cause: thrown })
    fault(error)
    throw error
  }
}

function safeRequest(feed: Feed, { url }: PlannedRequest, secret: string | undefined, validators: Validators | undefined) {
  const { auth } = feed.entry
  const accepts = { json: 'application/json', xml: 'application/rss+xml, application/atom+xml, application/xml, text/xml;q=0.9', text: '*/*' } as const
  return {
    url: auth?.query !== undefined && secret !== undefined ? withQuery(url, auth.query, secret) : url,
    ...(auth?.header !== undefined && secret !== undefined && { secretHeader: [auth.header.toLowerCase(), `${auth.prefix ?? ''}${secret}`] as const }),
    secret, accept: accepts[parserOf(feed.parser).accepts], validators, timeoutMs: feed.timeoutMs, maxBytes: feed.maxBytes,
  }
}

function withQuery(address: string, name: string, value: string): string {
  const url = new URL(address)
  url.searchParams.set(name, value)
  return url.href
}

function noteSkew(collected: Collected, { sourceTime }: SafeAnswer, receivedAt: number, fault: (error: StreamForgeError) => void): void {
  if (sourceTime === undefined) return
  const skew = Math.round(sourceTime - receivedAt)
  collected.skewMs = skew
  if (Math.abs(skew) >= noticedSkewMs) fault(new StreamForgeError('FEED_CLOCK_SKEW', 'the clocks differ'))
}

/** A file of FEED_FILES_DIR, by its name alone; unchanged as long as size and time of change are. */
async function readLocalFile(directory: string | undefined, feed: Feed, validators: Validators | undefined): Promise<SafeAnswer> {
  const name = feed.endpoint.slice('file:'.length)
  if (directory === undefined || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name)) {
    throw new StreamForgeError('FEED_NOT_ALLOWED', directory === undefined ? 'files are not allowed: FEED_FILES_DIR is not set' : 'expected file:name, the name of a file in FEED_FILES_DIR')
  }
  const path = join(directory, name)
  try {
    const { size, mtimeMs } = await stat(path)
    const etag = `${size}-${mtimeMs}`
    const facts = { contentType: '', sourceTime: undefined, validators: { etag } }
    if (validators?.etag === etag) return { ...facts, body: undefined, bytes: 0 }
    if (size > feed.maxBytes) throw new StreamForgeError('FEED_TOO_LARGE', `${name} is larger than ${feed.maxBytes} bytes`)
    const raw = await readFile(path)
    const body = name.endsWith('.gz') ? gunzipSync(raw, { maxOutputLength: feed.maxBytes }) : raw
    return { ...facts, body, bytes: body.length }
  } catch (error) {
    if (error instanceof StreamForgeError) throw error
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new StreamForgeError('FEED_TOO_LARGE', `${name} is larger than ${feed.maxBytes} bytes`)
    throw new StreamForgeError('FEED_REJECTED', `${name} cannot be read in FEED_FILES_DIR`, { cause: error })
  }
}

