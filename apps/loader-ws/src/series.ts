import { countCandles, nextOpenTime, type Candle, type EpochMs, type Interval, type Trade } from '@streamforge/contracts'
import type { VenueClient } from '@streamforge/market'

/** How records of a kind follow each other, and how the venue is asked for them over REST. */
export interface Series<T extends Trade | Candle> {
  place(record: T): number
  after(record: T): number
  /** The first records with places in [from, to), in order, at most a page; `to` is where the page ends. */
  readPage(from: number, to: number): Promise<{ records: T[]; to: number }>
  /** The place after the newest record that the venue has by REST now, by its own clock; undefined where it has none. */
  endNow(next: number): Promise<number | undefined>
  /** A hole of places as a gap in time, between the records around it. */
  gap(from: number, to: number, before: T | undefined, behind: T | undefined): { from: EpochMs; to: EpochMs; missing: number }
}

export function tradeSeries(client: VenueClient, symbol: string): Series<Trade> {
  const { pageSize } = client.description.trades
  return {
    place: (trade) => trade.trade_id,
    after: (trade) => trade.trade_id + 1,
    async readPage(fromId, to) {
      const page = await client.tradePage({ symbol, fromId, toId: Math.min(to, fromId + pageSize) })
      return { records: page.trades, to: page.toId }
    },
    async endNow() {
      const last = await client.lastTrade(symbol)
      return last && last.trade_id + 1
    },
    gap(from, to, before, behind) {
      const start = before?.event_time ?? (behind ? behind.event_time - 1 : 0)
      return { from: start, to: Math.max(behind?.event_time ?? start, start + 1), missing: to - from }
    },
  }
}

/** A candle that closed so little ago may not be there over REST yet. */
const CANDLE_DELAY_MS = 2_000

export function candleSeries(client: VenueClient, symbol: string, interval: Interval): Series<Candle> {
  return {
    place: (candle) => candle.open_time,
    after: (candle) => nextOpenTime(candle.open_time, interval),
    async readPage(from, to) {
      const page = await client.candlePage({ symbol, interval, from, to })
      return { records: page.candles, to: page.to }
    },
    async endNow(next) {
      const settled = await client.serverTime() - CANDLE_DELAY_MS
      let end = next
      while (nextOpenTime(end, interval) <= settled) end = nextOpenTime(end, interval)
      return end
    },
    gap: (from, to) => ({ from, to, missing: countCandles({ from, to }, interval) }),
  }
}
