import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { syntheticMarket } from '@streamforge/market'
import { LiveVenue } from './live-venue.ts'

const from = Date.UTC(2024, 11, 30)
const day = 86_400_000
const market = syntheticMarket({ seed: 5, symbols: ['BTCUSDT', 'ETHUSDT'], from, to: from + 2 * day })
interface Told { channel: string; payload: Record<string, unknown> }
let told: Told[]
let clock: { time: number }
let venue: LiveVenue
const open = (time: number) => {
  told = []
  clock = { time }
  venue = new LiveVenue({
    market, clock: () => clock.time, seed: 7, rate: 40,
    publish: (_symbol, channel, payload) => told.push({ channel, payload: JSON.parse(payload()) as Record<string, unknown> }),
  })
}
beforeEach(() => open(market.end))
afterEach(() => { told = [] })
const tradesOf = () => told.filter(({ channel }) => channel === 'aggTrade').map(({ payload }) => payload)
const read = (query: { fromId?: number; from?: number; latest?: boolean; limit?: number }) =>
  venue.market.trades({ symbol: 'BTCUSDT', from: 0, to: venue.now(), limit: 1_000_000, ...query })

describe('history and stream', () => {
  it('are one series of trades: ids go on, and what was streamed is from then on in the answers', async () => {
    const before = (await market.trades({ symbol: 'BTCUSDT', from: 0, to: market.end, limit: 1, latest: true }))
    const lastId = before.columns.id[before.start]!
    await venue.follow('BTCUSDT', 'aggTrade')
    clock.time += 20_000
    venue.now()
    const streamed = tradesOf()
    expect(streamed.length).toBeGreaterThan(100)
    expect(streamed.map(({ a }) => a)).toEqual(Array.from({ length: streamed.length }, (_, k) => lastId + 1 + k))
    const { columns, start, end } = await read({ fromId: lastId - 99 })
    expect(Array.from(columns.id.subarray(start, end))).toEqual(Array.from({ length: 100 + streamed.length }, (_, k) => lastId - 99 + k))
    expect(Array.from(columns.time.subarray(start + 100, end))).toEqual(streamed.map(({ T }) => T))
    expect(Array.from(columns.price.subarray(start + 100, end))).toEqual(streamed.map(({ p }) => Number(p)))
    const newest = await read({ latest: true, limit: streamed.length + 5 })
    expect([newest.columns.id[newest.start], newest.columns.id[newest.end - 1]]).toEqual([lastId - 4, lastId + streamed.length])
  })

  it('are the same for every way of moving the clock', async () => {
    const run = async (steps: number[]) => {
      open(market.end)
      await venue.follow('BTCUSDT', 'depth')
      for (const step of steps) {
        clock.time += step
        venue.catchUp(3)
        venue.now()
      }
      return told.filter(({ channel }) => channel !== 'kline_1m')
    }
    const inOne = await run([30_000])
    expect(inOne.length).toBeGreaterThan(500)
    expect(await run([1, 17, 4_000, 82, 25_900])).toEqual(inOne)
  })

  it('are one series of candles, across the seam in the middle of every interval', async () => {
    open(market.end - 3 * 3_600_000 - 25_000)
    const seam = clock.time
    await venue.follow('BTCUSDT', 'aggTrade')
    clock.time += 400_000
    const now = venue.now()
    const minute = Math.floor(seam / 60_000) * 60_000
    const rows = await venue.market.candles({ symbol: 'BTCUSDT', interval: '1m', from: minute - 120_000, to: now, limit: 100, partial: true })
    expect(rows.end - rows.start).toBe(2 + 8)
    const counted = Array.from(rows.columns.details!.tradeCount.subarray(rows.start, rows.end))
    for (const [k, count] of counted.entries()) {
      const open = rows.columns.openTime[rows.start + k]!
      const trades = await venue.market.trades({ symbol: 'BTCUSDT', from: open, to: open + 60_000, limit: 1_000_000 })
      expect([open, count]).toEqual([open, trades.end - trades.start])
    }
    for (const interval of ['5m', '1h', '1d'] as const) {
      const length = { '5m': 300_000, '1h': 3_600_000, '1d': day }[interval]
      const from = Math.floor(minute / length) * length
      const [whole, latest] = await Promise.all([false, true].map((last) => venue.market.candles({ symbol: 'BTCUSDT', interval, from, to: from + length, limit: 1, latest: last, partial: true })))
      const minutes = await venue.market.candles({ symbol: 'BTCUSDT', interval: '1m', from, to: from + length, limit: 10_000, partial: true })
      const sum = (values: Float64Array) => values.subarray(minutes.start, minutes.end).reduce((a, b) => a + b, 0)
      expect(whole!.columns.details!.tradeCount[whole!.start]).toBe(sum(minutes.columns.details!.tradeCount))
      expect(whole!.columns.volume[whole!.start]).toBeCloseTo(sum(minutes.columns.volume), 6)
      expect(whole!.columns.open[whole!.start]).toBe(minutes.columns.open[minutes.start])
      expect(whole!.columns.close[whole!.start]).toBe(minutes.columns.close[minutes.end - 1])
      expect(latest!.columns.volume[latest!.start]).toBe(whole!.columns.volume[whole!.start])
    }
  })

  it('come at the rate asked for, all messages of a symbol together', async () => {
    await venue.follow('BTCUSDT', 'aggTrade')
    clock.time += 100_000
    venue.now()
    const messages = told.filter(({ channel }) => ['aggTrade', 'bookTicker', 'depth'].includes(channel)).length
    expect(messages / 100).toBeGreaterThan(0.97 * 40)
    expect(messages / 100).toBeLessThan(1.03 * 40)
  })

  it('stand still while the venue is paused, and go on from there', async () => {
    await venue.follow('BTCUSDT', 'aggTrade')
    clock.time += 10_000
    venue.setPaused(true)
    const [then, count] = [venue.now(), told.length]
    clock.time += 10_000
    expect([venue.now(), told.length]).toEqual([then, count])
    venue.setPaused(false)
    clock.time += 1_000
    expect(venue.now()).toBe(then + 1_000)
    expect(told.length).toBeGreaterThan(count)
  })

  it('have flat candles where the venue waited for its first client', async () => {
    clock.time += 180_000
    await venue.follow('BTCUSDT', 'kline_1m')
    clock.time += 60_000
    const now = venue.now()
    const rows = await venue.market.candles({ symbol: 'BTCUSDT', interval: '1m', from: market.end - 60_000, to: now, limit: 10, partial: true })
    expect(Array.from(rows.columns.openTime.subarray(rows.start, rows.end))).toEqual(Array.from({ length: 5 }, (_, k) => market.end + (k - 1) * 60_000).filter((open) => open <= now - 1))
    expect([rows.columns.volume[rows.start + 1], rows.columns.open[rows.start + 1]]).toEqual([0, rows.columns.close[rows.start]])
    expect(rows.columns.volume[rows.start + 4]).toBeGreaterThan(0)
    expect(told.filter(({ channel, payload }) => channel === 'kline_1m' && (payload['k'] as { x: boolean }).x)).toHaveLength(1)
  })

  it('leave the symbols alone that no one asked for', async () => {
    await venue.follow('BTCUSDT', 'aggTrade')
    clock.time += 60_000
    const rows = await venue.market.trades({ symbol: 'ETHUSDT', from: market.end, to: venue.now(), limit: 10 })
    expect([rows.end - rows.start, [...venue.live.keys()]]).toEqual([0, ['BTCUSDT']])
    expect(await venue.follow('NOSUCH', 'aggTrade')).toBe(false)
  })
})
