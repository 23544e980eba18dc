import type { CandleSlice, MarketInstrument } from '@streamforge/market'
import { intervals } from '@streamforge/contracts'
import type { LiveMarket } from './live/live-market.ts'
import type { Misfortune } from './faults.ts'
import { visibleCandles } from './visible-market.ts'

const dayMs = 86_400_000

/** One entry of /api/v3/ticker/24hr. */
export interface DayTicker {
  symbol: string
  priceChange: string
  priceChangePercent: string
  weightedAvgPrice: string
  lastPrice: string
  openPrice: string
  highPrice: string
  lowPrice: string
  volume: string
  openTime: number
  closeTime: number
}

/** The last 24 hours of an instrument, from its finest candles, the open one included. What the market does not know is left out. */
export async function dayTicker(market: LiveMarket, instrument: MarketInstrument, now: number, misfortune: Misfortune): Promise<DayTicker> {
  // Of seconds there would be more than one answer holds.
  const interval = intervals.find((name) => name !== '1s' && instrument.intervals.includes(name))
  const query = { symbol: instrument.symbol, interval: interval!, from: now - dayMs, to: now + 1, limit: 1_500, latest: true }
  const rows = interval === undefined ? undefined : await visibleCandles(market, query, now, misfortune)
  return tickerOf(instrument.symbol, rows, now)
}

function tickerOf(symbol: string, rows: CandleSlice | undefined, now: number): DayTicker {
  const range = rows ? Array.from({ length: rows.end - rows.start }, (_, i) => rows.start + i) : []
  const columns = rows?.columns
  const first = range[0]
  const last = range.at(-1)
  const open = first === undefined ? 0 : columns!.open[first]!
  const close = last === undefined ? 0 : columns!.close[last]!
  const volume = range.reduce((sum, i) => sum + columns!.volume[i]!, 0)
  const worth = range.reduce((sum, i) => sum + columns!.volume[i]! * columns!.close[i]!, 0)
  const decimal = (value: number) => value.toFixed(8)
  return {
    symbol, priceChange: decimal(close - open), priceChangePercent: (open === 0 ? 0 : (close / open - 1) * 100).toFixed(3), weightedAvgPrice: decimal(volume === 0 ? 0 : worth / volume),
    lastPrice: decimal(close), openPrice: decimal(open),
    highPrice: decimal(range.reduce((most, i) => Math.max(most, columns!.high[i]!), 0)), lowPrice: decimal(range.reduce((least, i) => Math.min(least, columns!.low[i]!), range.length === 0 ? 0 : Infinity)),
    volume: decimal(volume), openTime: Math.floor(now) - dayMs, closeTime: Math.floor(now),
  }
}
