import {
  type Assignment, bookKeyRange, type BookRecord, type Candle, type CandleOpen, candleKeyRange, ceilToInterval, countCandles, type DataMessage, type Interval, MAX_EPOCH_MS, parseDataType, parseOpenTimeRange, parseTimeRange, recordKey,
  type Trade, type TimeRange, tradeKeyRange,
} from '@streamforge/contracts'
import type { StoredDocument } from '@streamforge/store'

/** One queue's data, as the assignment defines it. */
export type Dataset = {
  queueId: string
  venue: string
  symbol: string
  type: Assignment['type']
  /** Of live data without an end, `to` is the end of all time. */
  range: TimeRange
  /** Live data ends when its loader is stopped; history when its range is loaded. */
  live: boolean
  /** Parts of the range that the loader loads side by side, at least 1. */
  shards: number
} & ({ unit: 'candles'; interval: Interval } | { unit: 'trades' } | { unit: 'updates' })

/** What is stored in the dataset's own collection. */
export type DatasetRecord = Candle | Trade | BookRecord

/** @throws StreamForgeError UNKNOWN_TYPE, BAD_TIME_RANGE also when history has no end */
export function datasetOf(assignment: Assignment): Dataset {
  const parsed = parseDataType(assignment.type)
  const live = parsed.source === 'ws'
  const { from, to = MAX_EPOCH_MS } = live ? parseOpenTimeRange(assignment.time_range) : parseTimeRange(assignment.time_range)
  const base = {
    queueId: assignment.queue_id, venue: assignment.venue, symbol: assignment.symbol, type: assignment.type, range: { from, to }, live,
    shards: Math.max(1, assignment.shards.length),
  }
  if (parsed.content === 'candles') return { ...base, unit: 'candles', interval: parsed.interval }
  return { ...base, unit: parsed.content === 'trades' ? 'trades' : 'updates' }
}

/** How many records the range holds if nothing is missing; unknown for trades and for live data. */
export function expectedRecords(dataset: Dataset): number | undefined {
  return dataset.unit === 'candles' && !dataset.live ? countCandles(dataset.range, dataset.interval) : undefined
}

/** Keys of the dataset's records. Trades are found by id, so the range needs the first and last; without them: all of the symbol. */
export function datasetKeyRange(dataset: Dataset, ids?: { first: number; last: number }): { from: string; to: string } {
  switch (dataset.unit) {
    case 'candles': return candleKeyRange(dataset.symbol, dataset.interval, dataset.range)
    case 'trades': return tradeKeyRange(dataset.symbol, ids?.first, ids?.last)
    case 'updates': return bookKeyRange(dataset.symbol, 'spot')
    default: return dataset satisfies never
  }
}

/** Whether a record of live data is to be stored: closed, and within the range. The venue sends what it has, also around it. */
export function isKept({ range, live }: Dataset, message: DataMessage): boolean {
  if (!live || message.kind === 'gap' || message.kind === 'end_of_stream') return true
  if (message.kind === 'candle_open') return false
  const time = message.kind === 'candle' ? message.open_time : message.kind === 'book_gap' ? message.to : message.event_time
  return time >= range.from && time < range.to
}

/** Why a message of the data topic is not the dataset's, or undefined when it is. */
export function foreignness(dataset: Dataset, message: DataMessage): string | undefined {
  switch (message.kind) {
    case 'candle':
    case 'trade': return recordForeignness(dataset, message)
    case 'candle_open': return dataset.live ? recordForeignness(dataset, message) : 'an open candle in a queue of history'
    case 'gap':
      if (message.queue_id !== dataset.queueId) return `a gap of queue ${message.queue_id}, expected ${dataset.queueId}`
      if (message.symbol !== dataset.symbol || message.type !== dataset.type) return `a gap of ${message.symbol} ${message.type}`
      return message.from < message.to ? undefined : 'a gap that ends before it begins'
    case 'end_of_stream':
      if (message.queue_id !== dataset.queueId) return `a marker of queue ${message.queue_id}, expected ${dataset.queueId}`
      return message.shards === dataset.shards && message.shard < dataset.shards ? undefined
        : `a marker of shard ${message.shard} of ${message.shards}, expected ${dataset.shards} shards`
    case 'book_diff':
    case 'book_snapshot':
    case 'book_gap':
    case 'book_ticker': return dataset.unit === 'updates' ? strangeness(dataset, message) : `a ${message.kind} in a queue of ${dataset.unit}`
    case 'feature':
    case 'forecast':
    case 'forecast_score': return `a ${message.kind} in a queue of ${dataset.unit}`
    default: return message satisfies never
  }
}

function strangeness({ venue, symbol }: Dataset, record: { venue: string; symbol: string }): string | undefined {
  if (record.venue !== venue) return `venue is ${record.venue}, expected ${venue}`
  return record.symbol === symbol ? undefined : `symbol is ${record.symbol}, expected ${symbol}`
}

function recordForeignness(dataset: Dataset, record: Candle | CandleOpen | Trade): string | undefined {
  const { range } = dataset
  const strange = strangeness(dataset, record)
  if (strange !== undefined) return strange
  if (record.kind !== 'trade') {
    if (dataset.unit !== 'candles') return `a candle in a queue of ${dataset.unit}`
    if (record.interval !== dataset.interval) return `interval is ${record.interval}, expected ${dataset.interval}`
    if (ceilToInterval(record.open_time, record.interval) !== record.open_time) return `open_time ${record.open_time} is not on the grid of ${record.interval}`
  } else if (dataset.unit !== 'trades') return `a trade in a queue of ${dataset.unit}`
  // What live data brings from around its range is left out, see isKept: it is no fault.
  if (dataset.live) return undefined
  const time = record.kind === 'trade' ? record.event_time : record.open_time
  return time >= range.from && time < range.to ? undefined : `time ${time} is outside of the range from ${range.from} to ${range.to}`
}

/** The document as a record of the dataset, or undefined when it is none or lies under a key that is not its own. */
export function ownRecord(dataset: Dataset, document: StoredDocument): DatasetRecord | undefined {
  const record = document as unknown as DatasetRecord
  if (!kinds[dataset.unit].has(record.kind)) return undefined
  return foreignness(dataset, record) === undefined && recordKey(record) === document._key ? record : undefined
}

const kinds: Record<Dataset['unit'], ReadonlySet<string>> = {
  candles: new Set(['candle']), trades: new Set(['trade']), updates: new Set(['book_diff', 'book_snapshot', 'book_gap', 'book_ticker']),
}
