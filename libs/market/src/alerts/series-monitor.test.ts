import type { Candle, Trade } from '@streamforge/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../synthetic-random.ts'
import { monitorSeries, type MonitoredRecord, type SeriesOptions } from './series-monitor.ts'

const minute = 60_000
const start = Date.UTC(2025, 2, 31)
const base = { venue: 'binance', symbol: 'BTCUSDT', barMs: minute, since: start, steady: true }
const trades: SeriesOptions = { ...base, series: 'ws_trades', expectedMs: minute }
const candles: SeriesOptions = { ...base, series: 'ws_candles_5m', expectedMs: 5 * minute }

function candle(index: number, close: number, more: Partial<Candle> = {}): Candle {
  const open_time = start + index * 5 * minute
  return {
    kind: 'candle', venue: 'binance', symbol: 'BTCUSDT', interval: '5m', open_time, open: close, high: close, low: close, close, volume: 100,
    event_time: open_time + 5 * minute, known_time: open_time + 5 * minute, backfilled: false, ...more,
  }
}
function trade(id: number, at: number, price: number, quantity = 1): Trade {
  return {
    kind: 'trade', venue: 'binance', symbol: 'BTCUSDT', trade_id: id, price, quantity, buyer_maker: false, event_time: at, known_time: at, backfilled: false,
  }
}
const monitored = (options: SeriesOptions, records: readonly (MonitoredRecord & { event_time?: number })[], now?: number) => {
  const monitor = monitorSeries(options)
  for (const record of records) monitor.take(record, 'known_time' in record ? record.known_time : start)
  const at = now ?? Math.max(start, ...records.map((record) => ('known_time' in record ? record.known_time : start)))
  return Object.fromEntries(monitor.readings(at).map(({ measure, value }) => [measure.replace('streamforge_', ''), value]))
}
/** Closes of a random walk with normal log returns of 0.1 % a bar. */
function walk(seed: number, length: number): number[] {
  const random = seededRandom(seed)
  let price = 60_000
  return Array.from({ length }, () => {
    price *= Math.exp(0.001 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()))
    return price
  })
}

describe('silence and delay', () => {
  it('count from when the series should have begun, then from the newest record', () => {
    expect(monitored(trades, [], start + 4 * minute)).toMatchObject({ series_silence_intervals: 4 })
    expect(monitored(trades, [], start + 4 * minute)).not.toHaveProperty('series_delay_intervals')
    expect(monitored(trades, [trade(1, start + 3 * minute, 1)], start + 4 * minute)).toMatchObject({ series_silence_intervals: 1, series_delay_intervals: 0 })
  })

  it('are told apart: what comes late is not silent', () => {
    const late = trade(1, start, 1)
    expect(monitored(trades, [{ ...late, known_time: start + 10 * minute }])).toMatchObject({ series_silence_intervals: 0, series_delay_intervals: 10 })
  })

  it('do not count while the market is closed', () => {
    const hours = { timezone: 'America/New_York', days: [1, 2, 3, 4, 5], openMinute: 570, closeMinute: 960 }
    const friday = Date.parse('2025-03-28T19:59:00Z')
    const quotes = { ...trades, series: 'quotes', since: friday, hours }
    expect(monitored(quotes, [], Date.parse('2025-03-31T13:30:00Z'))).toMatchObject({ series_silence_intervals: 1 })
    expect(monitored(quotes, [], Date.parse('2025-03-31T13:34:00Z'))).toMatchObject({ series_silence_intervals: 5 })
  })

  it('are not ended by history that is loaded meanwhile', () => {
    const old = { ...candle(0, 1), backfilled: true, known_time: start + 60 * minute }
    expect(monitored(candles, [old])).toMatchObject({ series_silence_intervals: 12 })
  })
})

describe('quotes', () => {
  const quote = (at: number, price: number, known = at): MonitoredRecord => ({
    kind: 'quote', feed: 'stocks', source: 'yahoo-chart', asset: 'stock', symbol: 'AAPL', price, volume: 5e7, event_time: at, known_time: known, backfilled: false,
  })
  const quotes: SeriesOptions = { ...base, series: 'quotes', expectedMs: 10 * minute, steady: false }

  it('are silent while prices stand still, which is no alarm; but they must not be old', () => {
    expect(monitored(quotes, [quote(start, 100)], start + 1e9)).not.toHaveProperty('series_silence_intervals')
    expect(monitored(quotes, [quote(start, 100, start + 50 * minute)])).toMatchObject({ series_delay_intervals: 5 })
  })

  it('jump', () => {
    const calm = walk(5, 40).map((price, i) => quote(start + i * minute, price))
    const last = walk(5, 40).at(-1)!
    expect(monitored(quotes, [...calm, quote(start + 40 * minute, last * 1.1)]).price_jump_deviations).toBeGreaterThan(10)
    expect(monitored(quotes, [...calm, quote(start + 40 * minute, last)]).price_jump_deviations).toBeLessThan(10)
    expect(monitored(quotes, calm)).not.toHaveProperty('volume_spike_deviations')
  })
})

describe('a price jump', () => {
  it('is not seen in a walk without one, and is seen in the same walk with one', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 30, max: 150 }), fc.boolean(), (seed, length, up) => {
      const closes = walk(seed, length)
      const calm = closes.map((close, i) => candle(i, close))
      expect(monitored(candles, calm.slice(-1)).price_jump_deviations).toBeUndefined()
      const monitor = monitorSeries(candles)
      for (const record of calm) {
        monitor.take(record, record.known_time)
        const jump = monitor.readings(record.known_time).find(({ measure }) => measure === 'streamforge_price_jump_deviations')
        // Of normal returns, 10 robust deviations of at least 20 values are next to impossible.
        expect(jump?.value ?? 0).toBeLessThan(10)
      }
      const jumped = candle(length, closes.at(-1)! * (up ? 1.05 : 1 / 1.05))
      monitor.take(jumped, jumped.known_time)
      expect(monitor.readings(jumped.known_time).find(({ measure }) => measure === 'streamforge_price_jump_deviations')!.value).toBeGreaterThan(10)
    }), { numRuns: 30 })
  })

  it('is seen at once in trades, and within a bar that has come back', () => {
    const closes = walk(7, 40)
    const records = closes.map((price, i) => trade(i, start + i * minute, price))
    const at = start + 40 * minute
    const [jump, back] = [trade(40, at, closes.at(-1)! * 0.9), trade(41, at + 1, closes.at(-1)!)]
    expect(monitored(trades, [...records, jump]).price_jump_deviations).toBeGreaterThan(10)
    expect(monitored(trades, [...records, jump, back]).price_jump_deviations).toBeGreaterThan(10)
    expect(monitored(trades, records).price_jump_deviations).toBeLessThan(10)
  })
})

describe('a volume spike', () => {
  it('is many times the usual volume, not a quiet bar', () => {
    const closes = walk(3, 60)
    const usual = closes.map((close, i) => candle(i, close, { volume: 90 + (i * 37) % 21 }))
    const next = (volume: number) => monitored(candles, [...usual, candle(60, closes.at(-1)!, { volume })]).volume_spike_deviations
    expect(next(5_000)).toBeGreaterThan(6)
    expect(next(100)).toBeLessThan(6)
    expect(next(0.001)).toBeLessThan(6)
  })
})

describe('a gap', () => {
  it('is what lies between the trade ids and candles that came', () => {
    expect(monitored(trades, [trade(1, start, 1), trade(2, start, 1), trade(12, start, 1)])).toMatchObject({ series_missing_records: 9 })
    expect(monitored(trades, [trade(1, start, 1), trade(2, start, 1), trade(1, start, 1), trade(3, start, 1)])).toMatchObject({ series_missing_records: 0 })
    expect(monitored(candles, [candle(0, 1), candle(1, 1), candle(4, 1)])).toMatchObject({ series_missing_records: 2 })
  })

  it('is forgotten after 15 minutes', () => {
    const records = [trade(1, start, 1), trade(12, start, 1)]
    expect(monitored(trades, records, start + 17 * minute)).toMatchObject({ series_missing_records: 0 })
  })
})

describe('a crossed book', () => {
  const ticker = (id: number, bid: string, ask: string): MonitoredRecord => ({
    kind: 'book_ticker', venue: 'binance', symbol: 'BTCUSDT', market: 'spot', update_id: id, bid_price: bid, bid_quantity: '1', ask_price: ask, ask_quantity: '1',
    event_time: start, known_time: start,
  })
  const book: SeriesOptions = { ...base, series: 'ws_orderbook', expectedMs: 10_000 }

  it('is counted in updates in a row, also when it has come apart before anybody looked', () => {
    expect(monitored(book, [ticker(1, '9', '10')])).toMatchObject({ book_crossed_updates: 0 })
    const crossed = [ticker(1, '10', '9'), ticker(2, '10', '10'), ticker(3, '11', '9')]
    expect(monitored(book, crossed)).toMatchObject({ book_crossed_updates: 3 })
    expect(monitored(book, [...crossed, ticker(4, '9', '10')])).toMatchObject({ book_crossed_updates: 3 })
    const monitor = monitorSeries(book)
    for (const record of [...crossed, ticker(4, '9', '10')]) monitor.take(record, start)
    monitor.readings(start)
    monitor.take(ticker(5, '9', '10'), start)
    expect(monitor.readings(start)).toContainEqual(expect.objectContaining({ measure: 'streamforge_book_crossed_updates', value: 0 }))
  })

  it('is there too when the loader says so', () => {
    const gap: MonitoredRecord = {
      kind: 'book_gap', venue: 'binance', symbol: 'BTCUSDT', market: 'spot', expected_id: 1, got_id: 2, from: start, to: start, reason: 'crossed', known_time: start,
    }
    expect(monitored(book, [gap]).book_crossed_updates).toBeGreaterThan(2)
    expect(monitored(book, [{ ...gap, reason: 'sequence' }])).not.toHaveProperty('book_crossed_updates')
  })
})
