import { countCandles, intervalLengths, type EpochMs, type TimeRange } from '@streamforge/contracts'
import type { ArchiveContent, ArchivePeriod } from './archive-source.ts'

export type Source = 'auto' | 'rest' | 'archive'

/** A part of a range and where it comes from: a file of the given period, or REST. */
export interface Segment extends TimeRange {
  from: EpochMs
  to: EpochMs
  archive?: ArchivePeriod
}

export interface PlanSegmentsOptions {
  content: ArchiveContent
  source: Source
  /** Records that one REST request brings. */
  pageSize: number
  /** The venue's clock: only what has closed by then is in a file. */
  closedBefore: EpochMs
  /** False after a monthly file turned out not to be published yet; default true. */
  monthly?: boolean
}

const DAY_MS = 86_400_000
/** A file costs two requests (itself and its checksum). It pays when REST needs more than that. */
const PAGES_WORTH_A_FILE = 3

/**
 * Cuts a range into segments at the borders of UTC months and days. `auto` takes a file where it saves requests, `archive` wherever
 * one can exist; candles longer than a day always come over REST: there are few.
 */
export function planSegments(range: TimeRange, options: PlanSegmentsOptions): Segment[] {
  const { content, source } = options
  const tooLong = content.kind === 'candles' && (intervalLengths[content.interval] ?? Infinity) > DAY_MS
  if (source === 'rest' || tooLong) return [{ ...range }]
  const segments: Segment[] = []
  for (const month of cut(range, nextMonth)) {
    if (takesMonth(month, options)) segments.push({ ...month, archive: 'monthly' })
    else for (const day of cut(month, nextDay)) segments.push(takesDay(day, options) ? { ...day, archive: 'daily' } : day)
  }
  return mergeRest(segments)
}

function takesMonth(part: TimeRange, { content, source, pageSize, closedBefore, monthly = true }: PlanSegmentsOptions): boolean {
  // A month of seconds or trades is so large that days are the better unit to retry.
  if (!monthly || content.kind !== 'candles' || content.interval === '1s' || nextMonth(part.from) > closedBefore) return false
  const candles = countCandles(part, content.interval)
  return candles >= PAGES_WORTH_A_FILE * pageSize || (source === 'archive' && part.to - part.from > DAY_MS)
}

function takesDay(part: TimeRange, { content, source, pageSize, closedBefore }: PlanSegmentsOptions): boolean {
  if (nextDay(part.from) > closedBefore) return false
  if (source === 'archive') return true
  return content.kind === 'candles'
    ? countCandles(part, content.interval) >= PAGES_WORTH_A_FILE * pageSize
    : part.to - part.from === DAY_MS
}

const nextDay = (time: EpochMs) => (Math.floor(time / DAY_MS) + 1) * DAY_MS
const nextMonth = (time: EpochMs) => {
  const date = new Date(time)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
}

function* cut(range: TimeRange, next: (time: EpochMs) => EpochMs): Generator<TimeRange> {
  for (let from = range.from; from < range.to;) {
    const to = Math.min(range.to, next(from))
    yield { from, to }
    from = to
  }
}

function mergeRest(segments: Segment[]): Segment[] {
  const merged: Segment[] = []
  for (const segment of segments) {
    const last = merged.at(-1)
    if (last && !last.archive && !segment.archive) last.to = segment.to
    else merged.push({ ...segment })
  }
  return merged
}
