import {
  isStageType, intervals, parseDataType, parseOpenTimeRange, StreamForgeError, type DataType, type Instrument, type Interval, type StoredQueue,
} from '@streamforge/contracts'
import type { Store } from '@streamforge/store'

/** What one queue has stored or streams. */
export interface Dataset {
  queueId: string
  venue: string
  symbol: string
  type: DataType
  collection: string
  topic: string
  /** Its loader publishes on the topic now, live. */
  streaming: boolean
  /** Grows with what it has stored. */
  records: number
  /** Of history that is all there: its first instant. */
  completeFrom?: number
}

export type ReadDatasets = () => Promise<Dataset[]>

/**
 * Intervals of which candles are made from trades where none are stored. Longer ones would read millions of trades: their candles are there
 * to be loaded.
 */
export const derivedIntervals = ['1m', '3m', '5m', '15m', '30m', '1h', '4h'] as const satisfies readonly Interval[]

/** Newer than this an answer need not be. */
const freshMs = 1_000
const atMost = 20_000

/** Reads the queues that the orchestrator has planned, at most once a second however many ask. */
export function readDatasets({ store, now }: { store: Store; now: () => number }): ReadDatasets {
  let read: { at: number; datasets: Promise<Dataset[]> } | undefined
  return () => {
    if (read && now() - read.at < freshMs) return read.datasets
    const datasets = queuesOf(store).then((queues) => queues.flatMap((queue) => (isStageType(queue.type) ? [] : [toDataset(queue, queue.type)])))
    read = { at: now(), datasets }
    datasets.catch(() => { read = undefined })
    return datasets
  }
}

const queuesOf = (store: Store) => orIfMissing(store.find<StoredQueue>('queues', { limit: atMost }), [])

/** A collection that nobody has made yet is empty. */
export async function orIfMissing<T>(reading: Promise<T>, fallback: T): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND') return fallback
    throw error
  }
}

function toDataset(queue: StoredQueue, type: DataType): Dataset {
  const connector = queue.jobs.find((job) => job.target === 'arango-connector')
  const { source } = parseDataType(type)
  return {
    queueId: queue.queue_id, venue: queue.venue, symbol: queue.symbol, type, collection: queue.collection_name, topic: queue.kafka_topic,
    streaming: source === 'ws' && queue.status === 'running', records: connector?.records_written ?? 0,
    ...(source === 'api' && queue.status === 'finished' && { completeFrom: parseOpenTimeRange(queue.time_range).from }),
  }
}

/** One entry a symbol, sorted; what is stored and what streams now. */
export function instrumentsOf(datasets: readonly Dataset[]): Instrument[] {
  const groups = Map.groupBy(datasets, (d) => `${d.venue} ${d.symbol}`)
  return [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ofSymbol]) => instrumentOf(ofSymbol))
}

function instrumentOf(datasets: readonly Dataset[]): Instrument {
  const { venue, symbol } = datasets[0]!
  const parsed = datasets.map((d) => ({ ...parseDataType(d.type), streaming: d.streaming }))
  const live = parsed.filter((p) => p.streaming)
  const has = (list: typeof parsed, content: string) => list.some((p) => p.content === content)
  const stored = intervalsOf(parsed)
  return {
    venue, symbol, intervals: stored, live_intervals: intervalsOf(live),
    derived_intervals: has(parsed, 'trades') ? derivedIntervals.filter((interval) => !stored.includes(interval)) : [],
    trades: has(parsed, 'trades'), live_trades: has(live, 'trades'), book: has(parsed, 'orderbook'), live_book: has(live, 'orderbook'),
  }
}

function intervalsOf(parsed: readonly ReturnType<typeof parseDataType>[]): Interval[] {
  const seen = new Set(parsed.flatMap((p) => (p.content === 'candles' ? [p.interval] : [])))
  return intervals.filter((interval) => seen.has(interval))
}

/** The datasets that hold what is asked for, each collection once. */
export function datasetsWith(
  datasets: readonly Dataset[], wanted: { venue: string; symbol: string; content: 'candles' | 'trades' | 'orderbook'; interval?: Interval },
): Dataset[] {
  return datasets.filter((d) => {
    const parsed = parseDataType(d.type)
    return d.symbol === wanted.symbol && d.venue === wanted.venue && parsed.content === wanted.content
      && (parsed.content !== 'candles' || parsed.interval === wanted.interval)
  })
}

/** Where candles of a series come from: those stored, else its trades. */
export function candleSource(datasets: readonly Dataset[], series: { venue: string; symbol: string; interval: Interval }): 'stored' | 'trades' {
  if (datasetsWith(datasets, { ...series, content: 'candles' }).length) return 'stored'
  const derivable = (derivedIntervals as readonly Interval[]).includes(series.interval) && datasetsWith(datasets, { ...series, content: 'trades' }).length > 0
  return derivable ? 'trades' : 'stored'
}

/** Changes when history of the series has been stored. */
export function storedSignature(datasets: readonly Dataset[], series: { venue: string; symbol: string; interval: Interval }): string {
  const content = candleSource(datasets, series) === 'trades' ? 'trades' as const : 'candles' as const
  return datasetsWith(datasets, { ...series, content }).filter((d) => !d.streaming).map((d) => `${d.queueId}:${d.records}:${d.completeFrom}`).join(' ')
}

export const collectionsOf = (datasets: readonly Dataset[]) => [...new Set(datasets.map((d) => d.collection))]
