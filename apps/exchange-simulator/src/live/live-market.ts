import { floorToInterval, intervalLengths, intervals, type Interval } from '@streamforge/contracts'
import {
  allocateCandles, copyCandle, joinTrades, type CandleQuery, type CandleSlice, type Market, type MarketInstrument, type TradeQuery, type TradeSlice,
} from '@streamforge/market'
import type { LiveSymbol } from './live-symbol.ts'
import { candleAt, joined, minuteMs, type LiveCandle } from './minute-tape.ts'

/** Intervals that minutes add up to. */
export const liveIntervals = intervals.filter((interval) => (intervalLengths[interval] ?? Infinity) >= minuteMs)

/** History with what was streamed after it: one market, told over REST. */
export interface LiveMarket extends Market {
  /** The candle of a live symbol that is open now, or undefined while nothing is known of it; `notLive` for the history's own. */
  openCandle(symbol: string, interval: Interval, now: number): Promise<CandleSlice | undefined | 'notLive'>
  /** Reads what came before the live minutes in the candle that holds both. */
  prepare(live: LiveSymbol, interval: Interval): Promise<void>
}

/** @param added instruments that the history does not have */
export function liveMarket(base: Market, live: ReadonlyMap<string, LiveSymbol>, added: ReadonlyMap<string, MarketInstrument>): LiveMarket {
  const prepared = new Map<string, Promise<void>>()
  const prepare = (symbol: LiveSymbol, interval: Interval): Promise<void> => {
    const key = `${symbol.symbol} ${interval}`
    const running = prepared.get(key) ?? readHead(base, symbol, interval)
    prepared.set(key, running)
    return running
  }
  const isLive = (symbol: LiveSymbol | undefined, interval: Interval): symbol is LiveSymbol => symbol !== undefined && liveIntervals.includes(interval)

  async function candles(query: CandleQuery): Promise<CandleSlice> {
    const symbol = live.get(query.symbol)
    if (!isLive(symbol, query.interval)) return base.candles(query)
    await prepare(symbol, query.interval)
    const { interval, from, to, limit, latest = false } = query
    const seam = floorToInterval(symbol.minutes.seam, interval)
    const before = (most: number) => (from < seam && most > 0 ? [base.candles({ ...query, to: Math.min(to, seam), limit: most })] : [])
    const after = (most: number) => (to > seam && most > 0 ? [symbol.minutes.read(interval, Math.max(from, seam), to, most, latest, symbol.headOf)] : [])
    if (latest) {
      const newer = after(limit)
      return joinAll([...(await Promise.all(before(limit - rows(newer)))), ...newer])
    }
    const older = await Promise.all(before(limit))
    return joinAll([...older, ...after(limit - rows(older))])
  }

  async function trades(query: TradeQuery): Promise<TradeSlice> {
    const symbol = live.get(query.symbol)
    if (!symbol) return base.trades(query)
    const before = (most: number) => base.trades({ ...query, to: Math.min(query.to, symbol.seam), limit: most })
    const after = (most: number) => symbol.trades.read({ ...query, limit: most })
    if (query.latest) {
      const newer = after(query.limit)
      const missing = query.limit - rows([newer])
      return missing > 0 ? joinTrades([await before(missing), newer]) : newer
    }
    const older = query.from < symbol.seam ? await before(query.limit) : undefined
    const missing = query.limit - (older ? rows([older]) : 0)
    return joinTrades([...(older ? [older] : []), ...(missing > 0 ? [after(missing)] : [])])
  }

  return {
    kind: base.kind, end: base.end,
    instruments: () => [...base.instruments().map((instrument) => added.get(instrument.symbol) ?? instrument), ...[...added.values()].filter(({ symbol }) => !base.instrument(symbol))],
    instrument: (symbol) => added.get(symbol) ?? base.instrument(symbol),
    candles, trades, prepare,
    async openCandle(name, interval, now) {
      const symbol = live.get(name)
      if (!isLive(symbol, interval)) return 'notLive'
      await prepare(symbol, interval)
      const candle = symbol.candle(interval, floorToInterval(now, interval))
      return candle && symbol.minutes.read(interval, candle.openTime, candle.openTime + 1, 1, false, symbol.headOf)
    },
  }
}

const rows = (parts: readonly { start: number; end: number }[]) => parts.reduce((sum, part) => sum + part.end - part.start, 0)

/** Unlike libs/market's, keeps the details of those that have them: a stream tells them even where the history does not. */
function joinAll(parts: readonly CandleSlice[]): CandleSlice {
  const filled = parts.filter((part) => part.end > part.start)
  if (filled.length === 1) return filled[0]!
  const columns = allocateCandles(rows(filled), filled.some((part) => part.columns.details))
  let at = 0
  for (const part of filled) for (let i = part.start; i < part.end; i++) copyCandle(part.columns, i, columns, at++)
  return { columns, start: 0, end: at }
}

async function readHead(base: Market, symbol: LiveSymbol, interval: Interval): Promise<void> {
  const { seam } = symbol.minutes
  const from = floorToInterval(seam, interval)
  const finest = finestInterval(base, symbol.symbol)
  if (from === seam || !finest) return
  const { columns, start, end } = await base.candles({ symbol: symbol.symbol, interval: finest, from, to: seam, limit: Number.MAX_SAFE_INTEGER, partial: true })
  let head: LiveCandle | undefined
  for (let i = start; i < end; i++) head = joined(head, candleAt(columns, i), from)
  if (head) symbol.setHead(interval, head)
}

export function finestInterval(market: Market, symbol: string): Interval | undefined {
  const own = market.instrument(symbol)?.intervals ?? []
  return intervals.find((interval) => own.includes(interval))
}

/** A market without history, for recordings that have none. */
export const noHistory = (end: number): Market => ({
  kind: 'recorded', end, instruments: () => [], instrument: () => undefined,
  candles: async () => joinAll([]), trades: async () => joinTrades([]),
})
