import {
  type Assignment, barGrid, bookKeyRange, type BookRecord, type Candle, type CandleOpen, candleKeyRange, ceilToInterval, type DataMessage,
  type DerivedRecord, type Interval, isStageType, MAX_EPOCH_MS, parseDataType, parseOpenTimeRange,
  parseStageType, parseTimeRange, recordKey, type StageSpec, type StageType, StreamForgeError, type Trade, type TimeRange, tradeKeyRange,
} from '@streamforge/contracts'
import type { StoredDocument } from '@streamforge/store'

/** One queue's data, as the assignment defines it. */
export type Dataset = {
  /** Whose topic it is, as gaps and markers on it say: in a replay that of the queue that is repeated. */
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
} & ({ unit: 'candles'; interval: Interval } | { unit: 'trades' } | { unit: 'updates' } | StageRows)

/** What a stage makes: features, or forecasts with their scores, or signals. */
export interface StageRows {
  unit: 'rows'
  stage: 'features' | 'forecast'
  interval: Interval
  symbols: ReadonlySet<string>
  /** Where a forecast stage's own features of new bars go: to those of the stage before. */
  features: string | undefined
}

/** What is stored in the dataset's own collection. */
export type DatasetRecord = Candle | Trade | BookRecord | DerivedRecord

/** `spec` is that of a stage. @throws StreamForgeError UNKNOWN_TYPE, BAD_TIME_RANGE also when history has no end */
export function datasetOf(assignment: Assignment, spec?: StageSpec): Dataset {
  if (isStageType(assignment.type)) return rowsDatasetOf(assignment, assignment.type, spec)
  const parsed = parseDataType(assignment.type)
  const live = parsed.source === 'ws'
  const { from, to = MAX_EPOCH_MS } = live ? parseOpenTimeRange(assignment.time_range) : parseTimeRange(assignment.time_range)
  const base = {
    queueId: assignment.topic_of ?? assignment.queue_id, venue: assignment.venue, symbol: assignment.symbol, type: assignment.type, range: { from, to }, live,
    shards: Math.max(1, assignment.shards.length),
  }
  if (parsed.content === 'candles') return { ...base, unit: 'candles', interval: parsed.interval }
  return { ...base, unit: parsed.content === 'trades' ? 'trades' : 'updates' }
}

function rowsDatasetOf(assignment: Assignment, type: StageType, spec: StageSpec | undefined): Dataset {
  const { stage, interval } = parseStageType(type)
  if (!spec || (stage !== 'features' && stage !== 'forecast')) {
    throw new StreamForgeError('UNKNOWN_TYPE', `a stage of ${type} puts nothing on a topic that could be stored`, { remedy: 'features and forecasts have a connector' })
  }
  const { from, to = MAX_EPOCH_MS } = parseOpenTimeRange(assignment.time_range)
  const before = spec.inputs.find((input) => input.type === `features_${interval}`)
  return {
    queueId: assignment.queue_id, venue: assignment.venue, symbol: assignment.symbol, type, range: { from, to }, live: spec.live,
    shards: Math.max(1, assignment.shards.length), unit: 'rows', stage, interval, symbols: new Set(spec.symbols),
    features: stage === 'forecast' ? before?.collection_name : undefined,
  }
}

/** How many records the range holds if nothing is missing; unknown for trades and for live data. */
export function expectedRecords(dataset: Dataset): number | undefined {
  return dataset.unit === 'candles' && !dataset.live ? barGrid(dataset.venue, dataset.interval).count(dataset.range) : undefined
}

/** Keys of the dataset's records. Trades are found by id, so the range needs the first and last; without them: all of the symbol. */
export function datasetKeyRange(dataset: Dataset, ids?: { first: number; last: number }): { from: string; to: string } {
  switch (dataset.unit) {
    case 'candles': return candleKeyRange(dataset.symbol, dataset.interval, dataset.range)
    case 'trades': return tradeKeyRange(dataset.symbol, ids?.first, ids?.last)
    case 'updates': return bookKeyRange(dataset.symbol, 'spot')
    // The collection is the stage's own. Symbols begin with a digit or a capital letter.
    case 'rows': return { from: '0', to: '[' }
    default: return dataset satisfies never
  }
}

/** Whether a record of live data is to be stored: closed, and within the range. The venue sends what it has, also around it. */
export function isKept({ range, live }: Dataset, message: DataMessage): boolean {
  if (!live || message.kind === 'gap' || message.kind === 'end_of_stream') return true
  if (message.kind === 'candle_open') return false
  if (message.kind === 'feature' || message.kind === 'forecast' || message.kind === 'forecast_score' || message.kind === 'signal') return true
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
    case 'forecast_score':
    case 'signal': return dataset.unit === 'rows' ? rowForeignness(dataset, message) : `a ${message.kind} in a queue of ${dataset.unit}`
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

function rowForeignness(dataset: Dataset & StageRows, row: DerivedRecord): string | undefined {
  const { venue, interval, symbols, stage, features, live, range } = dataset
  if (row.venue !== venue) return `venue is ${row.venue}, expected ${venue}`
  if (!symbols.has(row.symbol)) return `symbol ${row.symbol} is none of the stage's`
  if (row.interval !== interval) return `interval is ${row.interval}, expected ${interval}`
  if (row.kind !== 'feature') return stage === 'forecast' ? undefined : `a ${row.kind} in a stage of features`
  if (stage === 'forecast') return features === undefined ? 'a feature row in a stage that has no features before it' : undefined
  if (live || isWithin(row, range)) return undefined
  return `time ${row.open_time} is outside of the range from ${range.from} to ${range.to}`
}

export const isWithin = ({ open_time }: Pick<DerivedRecord, 'open_time'>, { from, to }: TimeRange) => open_time >= from && open_time < to

/** The document as a record of the dataset, or undefined when it is none or lies under a key that is not its own. */
export function ownRecord(dataset: Dataset, document: StoredDocument): DatasetRecord | undefined {
  const record = document as unknown as DatasetRecord
  if (!kinds[dataset.unit].has(record.kind)) return undefined
  return foreignness(dataset, record) === undefined && recordKey(record) === document._key ? record : undefined
}

const kinds: Record<Dataset['unit'], ReadonlySet<string>> = {
  candles: new Set(['candle']), trades: new Set(['trade']), updates: new Set(['book_diff', 'book_snapshot', 'book_gap', 'book_ticker']),
  rows: new Set(['feature', 'forecast', 'forecast_score', 'signal']),
}
