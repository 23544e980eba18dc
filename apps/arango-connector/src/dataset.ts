import {
  type Assignment, type Candle, candleKeyRange, ceilToInterval, countCandles, type DataMessage, type Interval, parseDataType, parseTimeRange,
  StreamForgeError, type Trade, type TimeRange, tradeKeyRange,
} from '@streamforge/contracts'

/** One queue's data, as the assignment defines it. */
export type Dataset = {
  queueId: string
  venue: string
  symbol: string
  type: Assignment['type']
  range: TimeRange
  /** Parts of the range that the loader loads side by side, at least 1. */
  shards: number
} & ({ unit: 'candles'; interval: Interval } | { unit: 'trades' })

/** Candles and trades have a key and a range of their own; other kinds are not this connector's. */
export type DatasetRecord = Candle | Trade

/** @throws StreamForgeError UNKNOWN_TYPE for a type without an end, BAD_TIME_RANGE */
export function datasetOf(assignment: Assignment): Dataset {
  const parsed = parseDataType(assignment.type)
  const range = parseTimeRange(assignment.time_range)
  const base = {
    queueId: assignment.queue_id, venue: assignment.venue, symbol: assignment.symbol, type: assignment.type, range,
    shards: Math.max(1, assignment.shards.length),
  }
  if (parsed.content === 'candles') return { ...base, unit: 'candles', interval: parsed.interval }
  if (parsed.content === 'trades') return { ...base, unit: 'trades' }
  throw new StreamForgeError('UNKNOWN_TYPE', `type '${assignment.type}' is not stored by this connector, expected candles or trades`)
}

/** How many records the range holds if nothing is missing; unknown for trades. */
export function expectedRecords(dataset: Dataset): number | undefined {
  return dataset.unit === 'candles' ? countCandles(dataset.range, dataset.interval) : undefined
}

/** Keys of the dataset's records. Trades are found by id, so the range needs the first and last; without them: all of the symbol. */
export function datasetKeyRange(dataset: Dataset, ids?: { first: number; last: number }): { from: string; to: string } {
  return dataset.unit === 'candles'
    ? candleKeyRange(dataset.symbol, dataset.interval, dataset.range)
    : tradeKeyRange(dataset.symbol, ids?.first, ids?.last)
}

/** Why a message of the data topic is not the dataset's, or undefined when it is. */
export function foreignness(dataset: Dataset, message: DataMessage): string | undefined {
  switch (message.kind) {
    case 'candle':
    case 'trade': return recordForeignness(dataset, message)
    case 'gap':
      if (message.queue_id !== dataset.queueId) return `a gap of queue ${message.queue_id}, expected ${dataset.queueId}`
      if (message.symbol !== dataset.symbol || message.type !== dataset.type) return `a gap of ${message.symbol} ${message.type}`
      return message.from < message.to ? undefined : 'a gap that ends before it begins'
    case 'end_of_stream':
      if (message.queue_id !== dataset.queueId) return `a marker of queue ${message.queue_id}, expected ${dataset.queueId}`
      return message.shards === dataset.shards && message.shard < dataset.shards ? undefined
        : `a marker of shard ${message.shard} of ${message.shards}, expected ${dataset.shards} shards`
    case 'candle_open':
    case 'book_diff':
    case 'book_snapshot':
    case 'book_gap':
    case 'book_ticker': return `a ${message.kind} in a queue of ${dataset.unit}`
    default: return message satisfies never
  }
}

function recordForeignness(dataset: Dataset, record: DatasetRecord): string | undefined {
  const { venue, symbol, range } = dataset
  if (record.venue !== venue) return `venue is ${record.venue}, expected ${venue}`
  if (record.symbol !== symbol) return `symbol is ${record.symbol}, expected ${symbol}`
  if (record.kind === 'candle') {
    if (dataset.unit !== 'candles') return 'a candle in a queue of trades'
    if (record.interval !== dataset.interval) return `interval is ${record.interval}, expected ${dataset.interval}`
    if (ceilToInterval(record.open_time, record.interval) !== record.open_time) return `open_time ${record.open_time} is not on the grid of ${record.interval}`
  } else if (dataset.unit !== 'trades') return 'a trade in a queue of candles'
  const time = record.kind === 'candle' ? record.open_time : record.event_time
  return time >= range.from && time < range.to ? undefined : `time ${time} is outside of the range from ${range.from} to ${range.to}`
}
