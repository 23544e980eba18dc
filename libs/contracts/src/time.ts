import { StreamForgeError } from './errors.ts'

/** Milliseconds since the Unix epoch, UTC, an integer. */
export type EpochMs = number

/** Bounds of every accepted instant: 2000-01-01 and 2100-01-01, in milliseconds. Exchanges did not exist before the first. */
export const MIN_EPOCH_MS = 946_684_800_000
export const MAX_EPOCH_MS = 4_102_444_800_000

/**
 * Recognises an instant given in seconds, milliseconds, microseconds or nanoseconds by its magnitude (Binance's archives
 * switched from milliseconds to microseconds on 2025-01-01) and returns integer milliseconds.
 * @throws StreamForgeError BAD_TIME_RANGE when the value lies in none of the four windows of 2000-2100.
 */
export function toEpochMs(value: number | bigint): EpochMs {
  const n = Number(value)
  for (const ms of [n, n / 1e3, n / 1e6, n * 1e3]) {
    if (ms >= MIN_EPOCH_MS && ms < MAX_EPOCH_MS) return Math.floor(ms)
  }
  throw new StreamForgeError('BAD_TIME_RANGE', `${value} is not an instant between 2000 and 2100 in s, ms, us or ns`)
}

/** A half-open range of event time: `from` included, `to` excluded, both in milliseconds UTC. */
export interface TimeRange {
  from: EpochMs
  to: EpochMs
}

const instant = String.raw`\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z)?|\d{9,19}`
/** `from:to`; each side a UTC date, a UTC date-time ending in Z, or an epoch number in s, ms, us or ns. */
export const timeRangePattern = new RegExp(`^(${instant}):(${instant})$`)

/**
 * Parses `from:to` (see {@link timeRangePattern}).
 * @throws StreamForgeError BAD_TIME_RANGE when malformed, not on the calendar, outside 2000-2100, empty or reversed.
 */
export function parseTimeRange(text: string): TimeRange {
  const match = timeRangePattern.exec(text)
  if (!match) throw malformed(text, "'from:to'")
  const range = { from: parseInstant(match[1]!), to: parseInstant(match[2]!) }
  if (range.from >= range.to) {
    throw new StreamForgeError('BAD_TIME_RANGE', `time_range '${text}' is ${range.from === range.to ? 'empty' : 'reversed'}`, {
      remedy: "'from' is included and 'to' is excluded, so 'to' must be later; one day is '2024-08-01:2024-08-02'",
    })
  }
  return range
}

/** Of live data: `to` undefined means until it is stopped. */
export interface OpenTimeRange {
  from: EpochMs
  to: EpochMs | undefined
}

/** `from:to`, or `from:` for a range without an end. */
export const openTimeRangePattern = new RegExp(`^(${instant}):(${instant})?$`)

/**
 * Parses a range that may have no end: `from:to` as {@link parseTimeRange} does, or `from:`.
 * @throws StreamForgeError BAD_TIME_RANGE as parseTimeRange
 */
export function parseOpenTimeRange(text: string): OpenTimeRange {
  const match = openTimeRangePattern.exec(text)
  if (!match) throw malformed(text, "'from:to' or 'from:'")
  return match[2] === undefined ? { from: parseInstant(match[1]!), to: undefined } : parseTimeRange(text)
}

function malformed(text: string, expected: string): StreamForgeError {
  return new StreamForgeError('BAD_TIME_RANGE', `time_range '${text}' is not ${expected}`, {
    remedy: "write dates as '2024-08-01:2024-08-02' or instants as '2024-08-01T12:00Z:2024-08-01T18:00Z'",
  })
}

function parseInstant(text: string): EpochMs {
  if (/^\d{9,19}$/.test(text)) return toEpochMs(BigInt(text))
  const ms = Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text)
  const onCalendar = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text.slice(0, 10))
  if (!onCalendar || ms < MIN_EPOCH_MS || ms >= MAX_EPOCH_MS) {
    throw new StreamForgeError('BAD_TIME_RANGE', `'${text}' is not a date between 2000-01-01 and 2099-12-31`)
  }
  return ms
}

/** The shortest text that {@link parseTimeRange} reads back as the same range. */
export function formatTimeRange(range: TimeRange): string {
  return `${formatInstant(range.from)}:${formatInstant(range.to)}`
}

/** The shortest text that {@link parseOpenTimeRange} reads back as the same range. */
export function formatOpenTimeRange({ from, to }: OpenTimeRange): string {
  return to === undefined ? `${formatInstant(from)}:` : formatTimeRange({ from, to })
}

function formatInstant(ms: EpochMs): string {
  const iso = new Date(ms).toISOString()
  if (iso.endsWith('T00:00:00.000Z')) return iso.slice(0, 10)
  return iso.replace(/(:00)?\.000Z$/, 'Z')
}
