import { setImmediate as otherWork } from 'node:timers/promises'
import {
  ceilToInterval, floorToInterval, tradeKeyRange, type CandlesQuery, type ChartCandle, type Interval, type Trade,
} from '@streamforge/contracts'
import { boundedCache } from '@streamforge/market'
import type { Store, StoredDocument } from '@streamforge/store'
import { collectionsOf, datasetsWith, orIfMissing, type Dataset } from '../read/datasets.ts'
import { barOf, candlesOfBars, mergeInto, type Bar } from './trade-bars.ts'

/** Ids a block; a block all of whose trades are stored never changes, and its bars are kept. */
const blockSize = 5_000
const cacheBytes = 16 * 1024 * 1024
/** About what a bar takes in memory. */
const barBytes = 200
/** So many trades one request reads of the store before it answers with what it has (two candles at least). */
const readAtMost = 200_000

interface Series { venue: string; symbol: string }

/** Stored trades as bars. */
export interface TradeHistory {
  /** The newest `limit` candles of the range, oldest first; fewer, with `more`, where there are too many trades to read at once. */
  candles(datasets: readonly Dataset[], query: CandlesQuery): Promise<{ candles: ChartCandle[]; more: boolean }>
  /** Bars of the trades below an id, in order, from an instant on and a little before (or from the first trade on). */
  barsBefore(datasets: readonly Dataset[], series: Series, id: number, from: number): Promise<Bar[]>
  /** Stored trades with ids within the ranges, whose ends are excluded; of the first ranges only, where there are too many ids. */
  tradesWithin(datasets: readonly Dataset[], series: Series, ranges: readonly { from: number; to: number }[]): Promise<Trade[]>
}

export function openTradeHistory(store: Store): TradeHistory {
  const cache = boundedCache<readonly Bar[]>(cacheBytes)
  return {
    async candles(datasets, query) {
      const of = tradesOf(datasets, query)
      const reader = tradeReader(store, collectionsOf(of), query)
      const end = query.to === undefined ? undefined : ceilToInterval(query.to, query.interval)
      const next = end === undefined ? undefined : await reader.firstSince(end)
      const from = query.from === undefined ? undefined : floorToInterval(query.from, query.interval)
      const walk = walkBack(reader, cache, next?.trade_id ?? Number.MAX_SAFE_INTEGER)
      const bars = await collect(walk, { interval: query.interval, from, limit: query.limit })
      const made = candlesOfBars(bars.sorted, {
        interval: query.interval, next: next && barOf(next), growing: of.some((d) => d.streaming) && !next, provenFrom: provenFrom(of),
      })
      // Of the oldest candle, trades may lie in the blocks that were not read.
      const known = bars.toTheStart ? made : made.slice(1)
      const wanted = known.filter((c) => (from === undefined || c.open_time >= from) && (query.to === undefined || c.open_time < query.to))
      return { candles: wanted.slice(-query.limit), more: wanted.length > query.limit || (!bars.toTheStart && (from === undefined || (known[0]?.open_time ?? Infinity) > from)) }
    },
    async barsBefore(datasets, series, id, from) {
      const reader = tradeReader(store, collectionsOf(tradesOf(datasets, series)), series)
      return (await collect(walkBack(reader, cache, id), { interval: '1m', from })).sorted
    },
    async tradesWithin(datasets, series, ranges) {
      const reader = tradeReader(store, collectionsOf(tradesOf(datasets, series)), series)
      const found: Trade[] = []
      let left = readAtMost
      for (const { from, to } of ranges) {
        for (let first = from; first < to && left > 0; first += blockSize) {
          const trades = await reader.between(first, Math.min(to, first + blockSize))
          found.push(...trades)
          left -= Math.max(1, trades.length)
          await otherWork()
        }
      }
      return found
    },
  }
}

const tradesOf = (datasets: readonly Dataset[], series: Series) => datasetsWith(datasets, { ...series, content: 'trades' })

/** Where finished history begins: its first trade is the first of its range. */
export function provenFrom(datasets: readonly Dataset[]): number | undefined {
  const starts = datasets.flatMap((d) => (d.completeFrom === undefined ? [] : [d.completeFrom]))
  return starts.length ? Math.min(...starts) : undefined
}

interface Block { bars: readonly Bar[]; trades: number }

/** Gathers blocks until there is one candle more than wanted: the oldest is not whole. */
async function collect(blocks: AsyncIterable<Block>, wanted: { interval: Interval; from?: number | undefined; limit?: number }) {
  const bars = new Map<number, Bar>()
  const opens = new Set<number>()
  let read = 0
  let toTheStart = true
  for await (const block of blocks) {
    mergeInto(bars, block.bars)
    for (const bar of block.bars) opens.add(floorToInterval(bar.open_time, wanted.interval))
    read += block.trades
    const before = wanted.from !== undefined && block.bars.some((bar) => bar.open_time < wanted.from!)
    const enough = (wanted.limit !== undefined && opens.size > wanted.limit) || (wanted.limit !== undefined && read >= readAtMost && opens.size > 2)
    if (before || enough) {
      toTheStart = false
      break
    }
    await otherWork()
  }
  return { sorted: [...bars.values()].sort((a, b) => a.open_time - b.open_time), toTheStart }
}

/** Blocks from the one that holds the newest trade below an id, backwards; ids that nobody has stored are leapt over. */
async function* walkBack(reader: TradeReader, cache: ReturnType<typeof boundedCache<readonly Bar[]>>, below: number): AsyncGenerator<Block> {
  for (let cursor = below; ;) {
    const index = Math.floor((cursor - 1) / blockSize)
    const whole = cursor === (index + 1) * blockSize
    const kept = whole ? cache.get(`${reader.name} ${index}`) : undefined
    if (kept) {
      yield { bars: kept, trades: 0 }
      cursor = index * blockSize
      continue
    }
    const newest = await reader.newestBelow(cursor)
    if (!newest) return
    const first = Math.floor(newest.trade_id / blockSize) * blockSize
    const trades = await reader.between(first, Math.min(cursor, first + blockSize))
    const bars = new Map<number, Bar>()
    for (const trade of trades) mergeInto(bars, [barOf(trade)])
    if (trades.length === blockSize) cache.set(`${reader.name} ${first / blockSize}`, [...bars.values()], bars.size * barBytes)
    yield { bars: [...bars.values()], trades: trades.length }
    cursor = first
  }
}

type StoredTrade = Trade & StoredDocument
interface TradeReader {
  readonly name: string
  newestBelow(id: number): Promise<Trade | undefined>
  /** All with ids from `first` up to, not with, `end`; each once. */
  between(first: number, end: number): Promise<Trade[]>
  /** The first trade at or after an instant. */
  firstSince(time: number): Promise<Trade | undefined>
}

function tradeReader(store: Store, collections: readonly string[], { venue, symbol }: Series): TradeReader {
  const find = async (first: number, end: number, direction: 'asc' | 'desc', limit: number) => {
    if (end <= first) return []
    const keys = tradeKeyRange(symbol, first, Math.min(end, Number.MAX_SAFE_INTEGER) - 1)
    const pages = await Promise.all(collections.map((collection) => orIfMissing(store.find<StoredTrade>(collection, {
      where: { _key: { gte: keys.from, lt: keys.to } }, sort: [{ field: '_key', direction }], limit,
    }), [])))
    return pages.flat()
  }
  const newest = (trades: readonly Trade[]) => trades.reduce<Trade | undefined>((a, b) => (a && a.trade_id >= b.trade_id ? a : b), undefined)
  const oldest = (trades: readonly Trade[]) => trades.reduce<Trade | undefined>((a, b) => (a && a.trade_id <= b.trade_id ? a : b), undefined)
  const everything = Number.MAX_SAFE_INTEGER
  return {
    name: `${venue} ${symbol}`,
    newestBelow: async (id) => newest(await find(0, id, 'desc', 1)),
    async between(first, end) {
      return [...new Map((await find(first, end, 'asc', end - first)).map((trade) => [trade.trade_id, trade])).values()]
    },
    async firstSince(time) {
      // Ids grow with time: halving finds the first one without an index by time.
      const last = newest(await find(0, everything, 'desc', 1))
      let low = oldest(await find(0, everything, 'asc', 1))?.trade_id ?? 0
      let high = last && last.event_time >= time ? last.trade_id : undefined
      if (high === undefined) return undefined
      while (low < high) {
        const middle = Math.floor((low + high) / 2)
        const trade: Trade | undefined = oldest(await find(middle, everything, 'asc', 1))
        if (!trade || trade.event_time >= time) high = middle
        else low = trade.trade_id + 1
      }
      return oldest(await find(low, everything, 'asc', 1))
    },
  }
}
