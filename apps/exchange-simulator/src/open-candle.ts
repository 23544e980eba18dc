import { floorToInterval, intervals, nextOpenTime, type Interval } from '@streamforge/contracts'
import { allocateCandles, type CandleColumns, type CandleSlice, type Market } from '@streamforge/market'

/**
 * The candle that contains `now`, with what had happened of it until then: all finer candles that are closed, and of the
 * finest one that is not, a part that grows with time, so that two readings differ as they do on a real venue. Undefined
 * while nothing has happened.
 */
export async function openCandle(market: Market, symbol: string, interval: Interval, now: number): Promise<CandleSlice | undefined> {
  const open = floorToInterval(now, interval)
  const own = market.instrument(symbol)?.intervals ?? []
  const finest = intervals.find((name) => own.includes(name))
  if (!finest || open >= now || !own.includes(interval)) return undefined
  const parts = await market.candles({ symbol, interval: finest, from: open, to: now, limit: Number.MAX_SAFE_INTEGER })
  if (parts.end === parts.start) return undefined
  const candle = allocateCandles(1, parts.columns.details !== undefined)
  candle.openTime[0] = open
  candle.open[0] = parts.columns.open[parts.start]!
  candle.low[0] = Infinity
  for (let i = parts.start; i < parts.end; i++) addPart(candle, parts.columns, i, elapsedShare(parts.columns.openTime[i]!, finest, now))
  return { columns: candle, start: 0, end: 1 }
}

function elapsedShare(open: number, interval: Interval, now: number): number {
  return Math.min(1, (now - open) / (nextOpenTime(open, interval) - open))
}

const eightDecimals = (value: number) => Math.round(value * 1e8) / 1e8

function addPart(candle: CandleColumns, parts: CandleColumns, i: number, share: number): void {
  const open = parts.open[i]!
  const toward = (value: number) => eightDecimals(open + (value - open) * share)
  candle.high[0] = Math.max(candle.high[0]!, toward(parts.high[i]!))
  candle.low[0] = Math.min(candle.low[0]!, toward(parts.low[i]!))
  candle.close[0] = toward(parts.close[i]!)
  candle.volume[0] = eightDecimals(candle.volume[0]! + parts.volume[i]! * share)
  if (!candle.details || !parts.details) return
  for (const name of ['quoteVolume', 'takerBuyVolume', 'takerBuyQuoteVolume'] as const) {
    candle.details[name][0] = eightDecimals(candle.details[name][0]! + parts.details[name][i]! * share)
  }
  candle.details.tradeCount[0] = candle.details.tradeCount[0]! + Math.floor(parts.details.tradeCount[i]! * share)
}
