import { barGrid, ceilToInterval, countCandles, parseDataType, type DataType, type EpochMs, type Interval, type TimeRange } from '@streamforge/contracts'
import { planSegments, type Segment, type Source } from './plan-segments.ts'
import type { VenueDescription } from './venue.ts'
import { venueNamed } from './venues.ts'

export interface QueueEstimate {
  requests: number
  /** Of the venue's limit; archive files cost none. */
  weight: number
  /** Known for candles only. */
  records?: number
  note?: string
}

export interface EstimateOptions {
  shards: readonly TimeRange[] | number
  source: Source
  /** Milliseconds since the epoch: what has not closed by then is in no file. */
  now: EpochMs
}

const DAY_MS = 86_400_000
/** A busy pair's day. Nobody knows before it is loaded; the note says so. */
const TYPICAL_TRADES_A_DAY = 200_000
const REQUESTS_AT_START = 2
const WEIGHT_AT_START = 21
/** First trade, the one before, and the end. */
const LOCATING_REQUESTS = 3

/**
 * What loading a queue will cost at least: requests and their weight, without retries and questions about holes.
 * @throws StreamForgeError UNKNOWN_VENUE, UNKNOWN_TYPE
 */
export function estimateQueue(venue: string, type: DataType, range: TimeRange, options: EstimateOptions): QueueEstimate {
  const description = venueNamed(venue).describe()
  const parsed = parseDataType(type)
  const source = description.archive ? options.source : 'rest'
  const cost = parsed.content === 'candles'
    ? estimateCandles(description, parsed.interval, range, { ...options, source, records: barGrid(venue, parsed.interval).count(range) })
    : estimateTrades(description, range, { ...options, source })
  return { ...cost, requests: cost.requests + REQUESTS_AT_START, weight: cost.weight + WEIGHT_AT_START }
}

function estimateCandles(description: VenueDescription, interval: Interval, range: TimeRange, { records, ...options }: EstimateOptions & { records: number }): QueueEstimate {
  const { pageSize, weight } = description.candles
  const from = ceilToInterval(range.from, interval)
  const segments = planSegments({ from, to: Math.max(from, range.to) }, { content: { kind: 'candles', interval }, source: options.source, pageSize, closedBefore: options.now })
  const pages = restSum(segments, (s) => Math.ceil(countCandles(s, interval) / pageSize)) + shardCount(options) - 1
  return { requests: pages + 2 * fileCount(segments), weight: pages * weight, records }
}

function estimateTrades(description: VenueDescription, range: TimeRange, options: EstimateOptions): QueueEstimate {
  const { pageSize, weight } = description.trades
  const segments = planSegments(range, { content: { kind: 'trades' }, source: options.source, pageSize, closedBefore: options.now })
  const days = restSum(segments, (s) => s.to - s.from) / DAY_MS
  const requests = Math.ceil((days * TYPICAL_TRADES_A_DAY) / pageSize) + LOCATING_REQUESTS * shardCount(options)
  return {
    requests: requests + 2 * fileCount(segments), weight: requests * weight,
    note: `how many trades there are is known once they are loaded; ${TYPICAL_TRADES_A_DAY} a day are assumed`,
  }
}

const shardCount = ({ shards }: EstimateOptions) => (typeof shards === 'number' ? shards : Math.max(1, shards.length))
const fileCount = (segments: Segment[]) => segments.filter((s) => s.archive).length
const restSum = (segments: Segment[], size: (s: Segment) => number) =>
  segments.reduce((sum, segment) => (segment.archive ? sum : sum + size(segment)), 0)
