import { StreamForgeError } from '@streamforge/contracts'

/** What came of one request. */
export type HttpOutcome =
  | { kind: 'answer'; status: number; retryAfter: string | undefined; body: string }
  | { kind: 'failure'; error: unknown }

export type Decision =
  | { kind: 'accept' }
  | { kind: 'absent' }
  /** Try again after `ms`; `everyone` means that no request of this venue may go out before. */
  | { kind: 'wait'; ms: number; everyone: boolean; counts: boolean; why: string }
  | { kind: 'fail'; error: StreamForgeError }

export interface DecideOptions {
  venue: string
  path: string
  /** Tries so far, this one included, that failed through network, server or content. */
  attempt: number
  maxAttempts: number
  /** Times so far that the venue said 429 or 418 to this request. */
  rateLimited: number
  random: () => number
  now: () => number
  /** Reads the venue's own error body; undefined: no special meaning. */
  explain?: (status: number, body: string) => StreamForgeError | undefined
}

const BACKOFF_BASE_MS = 250
const BACKOFF_CAP_MS = 8_000
/** A longer ban is an error: the orchestrator's backoff is the better place to sit it out. */
const LONGEST_BAN_MS = 300_000
const MAX_RATE_LIMITED = 30

/** Exponential, with full jitter: between 0 and the cap of this attempt, so that many clients do not come back at once. */
export function backoffMs(attempt: number, random: () => number): number {
  return Math.floor(random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (attempt - 1)))
}

/** Retry-After as milliseconds: it may be seconds or a date. */
export function retryAfterMs(header: string | undefined, now: number, fallbackMs: number): number {
  if (header === undefined) return fallbackMs
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(header)
  return Number.isNaN(date) ? fallbackMs : Math.max(0, date - now)
}

/** What to do about an outcome. Pure: waiting and sending are the caller's. */
export function decide(outcome: HttpOutcome, options: DecideOptions): Decision {
  if (outcome.kind === 'failure') return retryOrFail(options, 'VENUE_UNREACHABLE', describe(outcome.error), outcome.error)
  const { status, body } = outcome
  if (status >= 200 && status < 300) return { kind: 'accept' }
  if (status === 429 || status === 418) return obeyRateLimit(outcome, options)
  if (status === 404 && !options.explain) return { kind: 'absent' }
  if (status >= 500 || status === 408) return retryOrFail(options, 'VENUE_UNREACHABLE', `HTTP ${status}`)
  const explained = options.explain?.(status, body)
  return { kind: 'fail', error: explained ?? new StreamForgeError('VENUE_REJECTED',
    `${options.venue} refused ${options.path} with HTTP ${status}: ${body.slice(0, 200)}`, { details: { status } }) }
}

/** An answer whose content cannot be used is asked for again like one that did not come. */
export function decideOnContent(error: unknown, options: DecideOptions): Decision {
  return retryOrFail(options, 'VENUE_BAD_RESPONSE', describe(error), error)
}

function retryOrFail(o: DecideOptions, code: 'VENUE_UNREACHABLE' | 'VENUE_BAD_RESPONSE', why: string, cause?: unknown): Decision {
  if (o.attempt < o.maxAttempts) {
    return { kind: 'wait', ms: backoffMs(o.attempt, o.random), everyone: false, counts: true, why }
  }
  return { kind: 'fail', error: new StreamForgeError(code, `${o.venue} ${o.path}: ${why}, after ${o.attempt} attempts`, {
    cause, remedy: 'check that the venue can be reached from this machine and is not under maintenance; then retry the workflow',
  }) }
}

function obeyRateLimit(outcome: HttpOutcome & { kind: 'answer' }, o: DecideOptions): Decision {
  const banned = outcome.status === 418
  const ms = retryAfterMs(outcome.retryAfter, o.now(), banned ? 120_000 : 10_000)
  const details = { retry_after_ms: ms }
  if (banned && ms > LONGEST_BAN_MS) {
    return { kind: 'fail', error: new StreamForgeError('VENUE_BANNED', `${o.venue} has banned this address for ${Math.ceil(ms / 1000)} s`, {
      remedy: 'wait until the ban is over; look for other programs behind the same address that use the venue', details,
    }) }
  }
  if (o.rateLimited >= MAX_RATE_LIMITED) {
    return { kind: 'fail', error: new StreamForgeError('VENUE_RATE_LIMITED', `${o.venue} refused ${o.path} ${o.rateLimited} times for its rate limit`, {
      remedy: 'look for other programs behind the same address that use up the limit', details,
    }) }
  }
  return { kind: 'wait', ms: Math.max(ms, 1), everyone: true, counts: false, why: `HTTP ${outcome.status}` }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = (error as { code?: unknown }).code
  return typeof code === 'string' && !(error instanceof StreamForgeError) ? `${error.message} (${code})` : error.message
}
