import {
  candleKeyRange, MAX_EPOCH_MS, MIN_EPOCH_MS, type Candle, type CandlesAnswer, type CandlesQuery, type ChartCandle, type Gap,
} from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import type { TradeHistory } from '../derive/trade-history.ts'
import { closedSpans } from './closed-spans.ts'
import { candleSource, collectionsOf, datasetsWith, orIfMissing, type Dataset } from './datasets.ts'

type StoredCandle = Candle & StoredDocument
/** The first key of an instant with 13 digits: keys sort as text, and instants before it have 12. */
const firstOfThirteenDigits = 1_000_000_000_000

export const toChartCandle = (candle: Omit<Candle, 'kind'>, closed: boolean): ChartCandle => {
  const { open_time, open, high, low, close, volume, backfilled } = candle
  return { open_time, open, high, low, close, volume, closed, backfilled }
}

/** Candles of a series from where there are some: its stored candles, else its trades; and its known gaps. */
export async function readSeries({ store, history }: { store: Store; history: TradeHistory }, datasets: readonly Dataset[], query: CandlesQuery): Promise<CandlesAnswer> {
  if (candleSource(datasets, query) === 'stored') return readCandles(store, datasets, query)
  const { candles, more } = await history.candles(datasets, query)
  const gaps = await readGaps(store, datasetsWith(datasets, { ...query, content: 'trades' }), {
    from: candles[0]?.open_time ?? query.from ?? MIN_EPOCH_MS, to: query.to ?? MAX_EPOCH_MS,
  })
  return { candles, gaps, more }
}

/** The newest `limit` candles of the range from all datasets of the series, merged by open time, oldest first. */
export async function readCandles(store: Store, datasets: readonly Dataset[], query: CandlesQuery): Promise<CandlesAnswer> {
  const of = datasetsWith(datasets, { ...query, content: 'candles' })
  const range = { from: Math.max(query.from ?? firstOfThirteenDigits, firstOfThirteenDigits), to: query.to ?? MAX_EPOCH_MS }
  const keys = candleKeyRange(query.symbol, query.interval, range)
  const pages = await Promise.all(collectionsOf(of).map((collection) => orIfMissing(store.find<StoredCandle>(collection, {
    where: { _key: { gte: keys.from, lt: keys.to } }, sort: [{ field: '_key', direction: 'desc' }], limit: query.limit + 1,
  }), [])))
  const merged = mergeCandles(pages)
  const shown = merged.slice(-query.limit)
  const gaps = await readGaps(store, of, { from: shown[0]?.open_time ?? query.from ?? MIN_EPOCH_MS, to: range.to })
  const closed = closedSpans(shown.map((candle) => candle.open_time), query)
  return { candles: shown.map((candle) => toChartCandle(candle, true)), gaps, more: merged.length > query.limit, ...(closed.length > 0 && { closed }) }
}

/** Each open time once; where two collections hold it, what was seen live stands. */
export function mergeCandles(pages: readonly (readonly StoredCandle[])[]): StoredCandle[] {
  const byTime = new Map<number, StoredCandle>()
  for (const candle of pages.flat()) {
    const other = byTime.get(candle.open_time)
    if (!other || (other.backfilled && !candle.backfilled)) byTime.set(candle.open_time, candle)
  }
  return [...byTime.values()].sort((a, b) => a.open_time - b.open_time)
}

/** Holes that the venue is known to have, which touch the range. */
export async function readGaps(store: Store, datasets: readonly Dataset[], range: { from: number; to: number }): Promise<Gap[]> {
  const queueIds = [...new Set(datasets.map((d) => d.queueId))]
  if (!queueIds.length) return []
  const found = await orIfMissing(store.find<Gap & StoredDocument>('gaps', { where: { queue_id: { in: queueIds.slice(0, 500) } }, limit: 1_000 }), [])
  return found.filter((gap) => gap.to > range.from && gap.from < range.to)
    .sort((a, b) => a.from - b.from).map(({ _key, ...gap }) => gap)
}
