import { ceilToInterval, countCandles, floorToInterval, intervals, nextOpenTime, StreamForgeError, type Interval } from '@streamforge/contracts'
import { aggregateCandles, isMadeOf } from './aggregate-candles.ts'
import { boundedCache } from './bounded-cache.ts'
import {
  allocateCandles, candleBytes, joinCandles, joinTrades, limitSlice, lowerBound, noCandles, noTrades, type CandleColumns, type CandleSlice, type TradeSlice,
} from './market-columns.ts'
import type { CandleQuery, Market, MarketInstrument, TradeQuery } from './market.ts'
import { splitSymbol } from './split-symbol.ts'
import { defaultSyntheticSymbols, sectors, syntheticAsset, type SyntheticAsset } from './synthetic-assets.ts'
import { assetDays, dayMs, firstDay, marketDays, type AssetDays } from './synthetic-days.ts'
import { followedMoves, minutesPerDay, ownMoves, sharedMinutes, syntheticMinutes, type LeadLag, type SharedMinutes } from './synthetic-minutes.ts'
import { syntheticTrades } from './synthetic-trades.ts'

export interface SyntheticMarketOptions {
  /** The same seed gives the same market, on every machine. */
  readonly seed?: number | string
  readonly symbols?: readonly string[]
  /** Milliseconds; days in UTC are taken whole. Not before 2017. */
  readonly from?: number
  readonly to?: number
  readonly leadLag?: LeadLag
  /** Bytes of candles kept; default 12 MiB. */
  readonly cacheBytes?: number
}

/** Default range: the three months before 2025-04-01. */
export const defaultSyntheticRange = { from: Date.UTC(2025, 0, 1), to: Date.UTC(2025, 3, 1) } as const

const minuteIntervals = intervals.filter((interval) => isMadeOf(interval, '1m'))

/**
 * A made-up market: assets that share a market and a sector factor, with jumps, volatility that clusters and volume that
 * follows it. Any part of it can be had without making what lies before, and a day is the same whatever range it is part of.
 * Longer candles are the sums of the one-minute ones; trades agree with them in count, volume and prices, and their ids are
 * contiguous. Candles of one second are not made.
 * @throws StreamForgeError BAD_CONFIG
 */
export function syntheticMarket(options: SyntheticMarketOptions = {}): Market {
  const range = wholeDays(options)
  const assets = syntheticAssets(options, range)
  const days = minuteDays(options, assets, range)
  const candles = candleReader(range, days)
  const instruments = new Map([...assets].map(([symbol, { asset }]) => [symbol, describe(asset, range)]))
  return {
    kind: 'synthetic',
    end: range.to,
    instruments: () => [...instruments.values()],
    instrument: (symbol) => instruments.get(symbol),
    candles: (query) => (assets.has(query.symbol) && minuteIntervals.includes(query.interval) ? candles(query) : Promise.resolve(noCandles)),
    async trades(query) {
      const entry = assets.get(query.symbol)
      return entry ? readTrades(query, entry, range, days, options.seed ?? 1) : noTrades
    },
  }
}

interface Range {
  readonly from: number
  readonly to: number
}
interface AssetEntry {
  readonly asset: SyntheticAsset
  readonly days: AssetDays
}
type MinuteDays = (symbol: string, interval: Interval, day: number) => CandleColumns

function wholeDays({ from = defaultSyntheticRange.from, to = defaultSyntheticRange.to }: SyntheticMarketOptions): Range {
  const range = { from: Math.floor(from / dayMs) * dayMs, to: Math.ceil(to / dayMs) * dayMs }
  if (range.from < firstDay * dayMs || range.to <= range.from || range.to > Date.UTC(2060, 0, 1)) {
    throw new StreamForgeError('BAD_CONFIG', `a synthetic market cannot run from ${from} to ${to}`, { remedy: 'choose a range between 2017 and 2060' })
  }
  return range
}

function syntheticAssets(options: SyntheticMarketOptions, range: Range): Map<string, AssetEntry> {
  const seed = options.seed ?? 1
  const market = marketDays(seed, range.to / dayMs - firstDay)
  return new Map((options.symbols ?? defaultSyntheticSymbols).map((symbol) => {
    const asset = syntheticAsset(symbol, seed)
    return [symbol, { asset, days: assetDays(seed, asset, market) }]
  }))
}

function describe(asset: SyntheticAsset, range: Range): MarketInstrument {
  const { symbol, priceDecimals, quantityDecimals } = asset
  return { symbol, ...splitSymbol(symbol), priceDecimals, quantityDecimals, intervals: minuteIntervals, hasTrades: true, ...range }
}

/** Candles of one symbol, interval (a day at most) and day, made when first asked for. */
function minuteDays(options: SyntheticMarketOptions, assets: ReadonlyMap<string, AssetEntry>, range: Range): MinuteDays {
  const seed = options.seed ?? 1
  const lead = options.leadLag
  const market = marketDays(seed, range.to / dayMs - firstDay)
  const cacheBytes = options.cacheBytes ?? 12 * 1024 * 1024
  const pieces = boundedCache<CandleColumns>(cacheBytes)
  const shared = boundedCache<SharedMinutes>(cacheBytes / 4)

  const sharedOf = (day: number) => {
    const key = String(day)
    const made = shared.get(key) ?? sharedMinutes(seed, day, sectors)
    shared.set(key, made, (sectors.length + 2) * minutesPerDay * 8)
    return made
  }
  // Minutes that only serve to be added up are not kept, nor given memory of their own.
  const scratch = allocateCandles(minutesPerDay, true)
  const minutesOf = (symbol: string, day: number, into?: CandleColumns) => {
    const { asset, days } = assets.get(symbol)!
    const moves = lead?.follower === symbol ? followedMoves(seed, lead, day) : ownMoves(seed, symbol, day)
    return syntheticMinutes({ seed, asset, day, market, days, shared: sharedOf(day), moves }, into)
  }
  const pieceOf: MinuteDays = (symbol, interval, day) => {
    const key = `${symbol} ${interval} ${day}`
    const cached = pieces.get(key)
    if (cached) return cached
    const piece = interval === '1m'
      ? minutesOf(symbol, day)
      : aggregateCandles({ columns: pieces.get(`${symbol} 1m ${day}`) ?? minutesOf(symbol, day, scratch), start: 0, end: minutesPerDay }, '1m', interval)
    pieces.set(key, piece, candleBytes(piece))
    return piece
  }
  return pieceOf
}

/** Answers candle queries from pieces of a day; intervals longer than a day are added up from days. */
function candleReader(range: Range, days: MinuteDays) {
  return async ({ symbol, interval, from, to, limit, latest }: CandleQuery): Promise<CandleSlice> => {
    const wanted = wantedOpenTimes({ from: Math.max(from, range.from), to: Math.min(to, range.to) }, range, interval, limit, latest)
    if (!wanted) return noCandles
    const base = isMadeOf('1d', interval) ? interval : '1d'
    const parts: CandleSlice[] = []
    for (let day = wanted.from; day < wanted.to; day += dayMs) {
      const dayStart = Math.floor(day / dayMs) * dayMs
      const columns = days(symbol, base, dayStart / dayMs - firstDay)
      parts.push({ columns, start: lowerBound(columns.openTime, wanted.from), end: lowerBound(columns.openTime, wanted.to) })
      day = dayStart
      // A long range is work for seconds: let other requests in between.
      if (parts.length % 16 === 0) await new Promise(setImmediate)
    }
    const joined = joinCandles(parts)
    if (base === interval) return joined
    const columns = aggregateCandles(joined, base, interval)
    return { columns, start: 0, end: columns.length }
  }
}

/** From the first wanted candle's open to the last one's end; only candles that lie whole in the market. */
function wantedOpenTimes(asked: Range, market: Range, interval: Interval, limit: number, latest = false): Range | undefined {
  const first = ceilToInterval(asked.from, interval)
  let end = ceilToInterval(asked.to, interval)
  while (end > market.to) end = floorToInterval(end - 1, interval)
  const available = countCandles({ from: first, to: end }, interval)
  if (available <= 0) return undefined
  if (available <= limit) return { from: first, to: end }
  return latest
    ? { from: stepped(end, interval, -limit), to: end }
    : { from: first, to: stepped(first, interval, limit) }
}

/** The open time `steps` candles later, or earlier when negative. */
function stepped(open: number, interval: Interval, steps: number): number {
  let time = open
  for (let k = 0; k < steps; k++) time = nextOpenTime(time, interval)
  for (let k = 0; k > steps; k--) time = floorToInterval(time - 1, interval)
  return time
}

async function readTrades(query: TradeQuery, { asset, days }: AssetEntry, range: Range, minutes: MinuteDays, seed: number | string): Promise<TradeSlice> {
  const parts: TradeSlice[] = []
  let missing = query.limit
  const from = Math.max(query.from, range.from)
  const to = Math.min(query.to, range.to)
  const firstId = query.fromId ?? 0
  const lastDay = Math.floor((to - 1) / dayMs) - firstDay
  const startDay = Math.max(Math.floor(from / dayMs) - firstDay, dayOfId(days, firstId))
  const readDay = (day: number) => {
    const columns = minutes(asset.symbol, '1m', day)
    const ids = firstIds(columns, days.tradesBefore[day]! + 1)
    const step = query.latest ? -1 : 1
    const outside = (minute: number) => minute < 0 || minute >= minutesPerDay
    for (let minute = query.latest ? minutesPerDay - 1 : 0; !outside(minute) && missing > 0; minute += step) {
      const start = columns.openTime[minute]!
      if (start + 60_000 <= from || start >= to || ids[minute]! + columns.details!.tradeCount[minute]! <= firstId) continue
      const trades = syntheticTrades(seed, asset, columns, minute, ids[minute]!)
      const first = Math.max(lowerBound(trades.time, from), lowerBound(trades.id, firstId))
      const slice = limitSlice(trades, first, lowerBound(trades.time, to), missing, query.latest)
      missing -= slice.end - slice.start
      if (query.latest) parts.unshift(slice)
      else parts.push(slice)
    }
  }
  if (query.latest) for (let day = lastDay; day >= startDay && missing > 0; day--) readDay(day)
  else for (let day = startDay; day <= lastDay && missing > 0; day++) readDay(day)
  return joinTrades(parts)
}

/** The id of each minute's first trade. */
function firstIds(columns: CandleColumns, firstOfDay: number): Float64Array {
  let next = firstOfDay
  return columns.details!.tradeCount.map((count) => {
    const first = next
    next += count
    return first
  })
}

/** The day that holds the trade; ids begin with 1 on the first day. */
const dayOfId = (days: AssetDays, id: number) => Math.max(0, lowerBound(days.tradesBefore, id) - 1)
