import {
  barGrid, nextOpenTime, type AlertMeasure, type BookDiff, type BookGap, type BookSnapshot, type BookTicker, type Candle, type Gap, type Quote, type Trade,
} from '@streamforge/contracts'
import { watchBars } from './bar-watch.ts'
import { openMsBetween, type OpeningHours } from './open-time.ts'
import type { Reading } from './reading.ts'
import { recentCount } from './recent-count.ts'

/** Quotes have a volume too, but of the day so far or of 24 hours: it does not tell one bar from another. */
export type MonitoredRecord = Candle | Trade | Gap | BookDiff | BookSnapshot | BookTicker | BookGap | Quote

export interface SeriesOptions {
  venue: string
  symbol: string
  /** Such as ws_trades, ws_candles_5m or quotes. */
  series: string
  /** How long one record should take, in ms of open market. */
  expectedMs: number
  /** False where nothing comes while nothing changes: its silence says nothing. */
  steady: boolean
  /** Bars that trades and prices are gathered into; candles are bars already. */
  barMs: number
  /** Since when it should have sent: silence counts from here until a record comes. */
  since: number
  hours?: OpeningHours | undefined
}

/** What is known of one live series. Records must come in the order in which they were received; copies of history are ignored. */
export interface SeriesMonitor {
  take(record: MonitoredRecord, arrivedAt: number): void
  readings(now: number): Reading[]
}

const missingWindowMs = 15 * 60_000
/** A book that the loader itself had to give up for it counts as so many updates: there is no doubt about it. */
const crossedGapUpdates = 100

export function monitorSeries(options: SeriesOptions): SeriesMonitor {
  const labels = { venue: options.venue, symbol: options.symbol, series: options.series }
  const bars = watchBars()
  const missing = recentCount(missingWindowMs)
  let lastAt = options.since
  let delayMs: number | undefined
  let barStart: number | undefined
  let nextOpen: number | undefined
  let nextTradeId: number | undefined
  let crossed = { now: 0, peak: undefined as number | undefined }

  const arrive = (record: { event_time: number }, at: number) => {
    lastAt = Math.max(lastAt, at)
    delayMs = openMsBetween(record.event_time, at, options.hours)
  }
  /** Prices of one bar's time go into one bar; a late one into the bar that is being made. */
  const addPrice = (at: number, price: number, volume: number) => {
    const start = Math.floor(at / options.barMs) * options.barMs
    if (barStart !== undefined && start > barStart) bars.close()
    barStart = Math.max(start, barStart ?? start)
    bars.price(price, volume)
  }
  const takeCandle = (candle: Candle, at: number) => {
    if (candle.backfilled || (nextOpen !== undefined && candle.open_time < nextOpen)) return
    arrive(candle, at)
    if (nextOpen !== undefined && candle.open_time > nextOpen) missing.add(barGrid(candle.venue, candle.interval).count({ from: nextOpen, to: candle.open_time }), at)
    nextOpen = nextOpenTime(candle.open_time, candle.interval)
    for (const price of [candle.open, candle.low, candle.high, candle.close]) bars.price(price, 0)
    bars.price(candle.close, candle.volume)
    bars.close()
  }
  const takeTrade = (trade: Trade, at: number) => {
    // Of one symbol the ids have no holes: what is passed over is missing, until it comes with history.
    if (trade.backfilled || (nextTradeId !== undefined && trade.trade_id < nextTradeId)) return
    arrive(trade, at)
    if (nextTradeId !== undefined && trade.trade_id > nextTradeId) missing.add(trade.trade_id - nextTradeId, at)
    nextTradeId = trade.trade_id + 1
    addPrice(trade.event_time, trade.price, trade.quantity)
  }
  const takeQuote = (quote: Quote, at: number) => {
    if (quote.backfilled) return
    arrive(quote, at)
    addPrice(quote.event_time, quote.price, 0)
  }
  const takeBest = (bid: string | undefined, ask: string | undefined) => {
    crossed.now = bid !== undefined && ask !== undefined && Number(bid) >= Number(ask) ? crossed.now + 1 : 0
    if (bid !== undefined && ask !== undefined) crossed.peak = Math.max(crossed.peak ?? 0, crossed.now)
  }

  return {
    take(record, arrivedAt) {
      switch (record.kind) {
        case 'candle': return takeCandle(record, arrivedAt)
        case 'trade': return takeTrade(record, arrivedAt)
        case 'quote': return takeQuote(record, arrivedAt)
        case 'book_diff': return arrive(record, arrivedAt)
        case 'book_snapshot':
          // A side that is empty has no best price.
          return takeBest(record.bids[0]?.[0], record.asks[0]?.[0])
        case 'book_ticker':
          arrive(record, arrivedAt)
          return takeBest(record.bid_price, record.ask_price)
        case 'book_gap':
          if (record.reason === 'crossed') crossed.peak = crossedGapUpdates
          return missing.add(1, arrivedAt)
        case 'gap':
          // The venue's own holes of long ago come with history, and are no news.
          return arrivedAt - record.to <= missingWindowMs ? missing.add(record.missing, arrivedAt) : undefined
        default: return record satisfies never
      }
    },
    readings(now) {
      const silenceMs = options.steady ? openMsBetween(lastAt, now, options.hours) : undefined
      const { jump, spike } = bars.newest()
      const peak = crossed.peak
      crossed = { now: crossed.now, peak: peak === undefined ? undefined : crossed.now }
      const values: [AlertMeasure, number | undefined][] = [
        ['streamforge_series_silence_intervals', silenceMs === undefined ? undefined : silenceMs / options.expectedMs],
        ['streamforge_series_delay_intervals', delayMs === undefined ? undefined : delayMs / options.expectedMs],
        ['streamforge_price_jump_deviations', jump],
        ['streamforge_volume_spike_deviations', spike],
        ['streamforge_book_crossed_updates', peak],
        ['streamforge_series_missing_records', missing.total(now)],
      ]
      return values.flatMap(([measure, value]) => (value === undefined ? [] : [{ measure, labels, value }]))
    },
  }
}
