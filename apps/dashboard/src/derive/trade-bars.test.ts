import type { ChartCandle, Interval, Trade } from '@streamforge/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IdRanges } from './id-ranges.ts'
import { LiveBars, newestRunStart } from './live-bars.ts'
import { barOf, candlesOfBars, mergeInto, type Bar } from './trade-bars.ts'

const start = Date.UTC(2025, 2, 31)
const minute = 60_000
const trade = (trade_id: number, at: number, price: number, quantity: number, backfilled = false): Trade =>
  ({ kind: 'trade', venue: 'binance', symbol: 'BTCUSDT', trade_id, price, quantity, buyer_maker: false, event_time: start + at, known_time: start + at, backfilled })

/** Trades in the order of their ids, some ids missing. */
const tape = fc.array(fc.record({
  wait: fc.oneof(fc.nat(5_000), fc.nat(200_000)), skip: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat(3)),
  price: fc.integer({ min: 1, max: 1_000_000 }).map((n) => n / 100), quantity: fc.oneof(fc.integer({ min: 1, max: 1e9 }).map((n) => n / 1e8), fc.integer({ min: 1, max: 1e6 })),
}), { minLength: 1, maxLength: 60 }).map((steps) => {
  let at = 0
  let id = 0
  return steps.map(({ wait, skip, price, quantity }) => trade(id += skip + 1, at += wait, price, quantity))
})
const intervals = fc.constantFrom<Interval>('1m', '5m', '1h')

function barsOf(parts: readonly (readonly Trade[])[]): Bar[] {
  const bars = new Map<number, Bar>()
  for (const part of parts) {
    const own = new Map<number, Bar>()
    for (const t of part) mergeInto(own, [barOf(t)])
    mergeInto(bars, own.values())
  }
  return [...bars.values()].sort((a, b) => a.open_time - b.open_time)
}
const whole = { growing: false, provenFrom: start }

/** Candles as one would make them with all trades at hand: written without bars. */
function plainly(trades: readonly Trade[], length: number): Pick<ChartCandle, 'open_time' | 'open' | 'high' | 'low' | 'close'>[] {
  return [...Map.groupBy(trades, (t) => Math.floor(t.event_time / length) * length)].map(([open_time, of]) => ({
    open_time, open: of[0]!.price, close: of.at(-1)!.price, high: Math.max(...of.map((t) => t.price)), low: Math.min(...of.map((t) => t.price)),
  }))
}

describe('candles made from trades', () => {
  it('are the same however the trades are split and ordered', () => {
    fc.assert(fc.property(tape, intervals, fc.infiniteStream(fc.nat(4)), fc.infiniteStream(fc.double({ noNaN: true })), (trades, interval, parts, keys) => {
      const split = Object.values(Object.groupBy(trades, () => parts.next().value!)) as Trade[][]
      const shuffled = split.map((part) => part.map((t) => [keys.next().value!, t] as const).sort((a, b) => a[0] - b[0]).map(([, t]) => t))
      expect(candlesOfBars(barsOf(shuffled), { ...whole, interval })).toEqual(candlesOfBars(barsOf([trades]), { ...whole, interval }))
    }))
  })

  it('have the prices of their trades, and the sum of their quantities', () => {
    fc.assert(fc.property(tape, intervals, (trades, interval) => {
      const made = candlesOfBars(barsOf([trades]), { ...whole, interval })
      const traded = made.filter((c) => c.volume > 0).map(({ open_time, open, high, low, close }) => ({ open_time, open, high, low, close }))
      expect(traded).toEqual(plainly(trades, { '1m': 1, '5m': 5, '1h': 60 }[interval as '1m'] * minute))
      const sum = trades.reduce((units, t) => units + BigInt(Math.round(t.quantity * 1e8)), 0n)
      expect(made.reduce((units, c) => units + BigInt(Math.round(c.volume * 1e8)), 0n)).toBe(sum)
    }))
  })

  it('are complete only where no id is missing, and stand still where nothing was traded', () => {
    fc.assert(fc.property(tape, (trades) => {
      const made = candlesOfBars(barsOf([trades]), { ...whole, interval: '1m' })
      const holes = trades.slice(1).map((t, i) => [trades[i]!, t] as const).filter(([a, b]) => b.trade_id > a.trade_id + 1)
      const open = (t: Trade) => Math.floor(t.event_time / minute) * minute
      for (const candle of made) expect(candle.incomplete ?? false).toBe(holes.some(([a, b]) => open(a) === candle.open_time || open(b) === candle.open_time))
      const times = new Set(made.map((c) => c.open_time))
      for (let t = open(trades[0]!); t <= open(trades.at(-1)!); t += minute) {
        expect(times.has(t)).toBe(!holes.some(([a, b]) => open(a) < t && t < open(b)))
      }
    }))
  })

  it('are closed by a later trade; the first is complete only where that is known', () => {
    const bars = barsOf([[trade(7, 0, 1, 1), trade(8, minute, 2, 1)]])
    expect(candlesOfBars(bars, { interval: '1m', growing: true })).toMatchObject([{ closed: true, incomplete: true }, { closed: false }])
    expect(candlesOfBars(bars, { interval: '1m', growing: true, prior: barOf(trade(6, -3 * minute, 5, 1)) })).toMatchObject([
      { open_time: start - 2 * minute, volume: 0, close: 5 }, { open_time: start - minute, volume: 0 }, { closed: true, close: 1 }, { closed: false, close: 2 },
    ])
    expect(candlesOfBars(bars, { ...whole, interval: '1m', next: { first_id: 10, open_time: start + 9 * minute } })).toMatchObject([{ close: 1 }, { incomplete: true, closed: true }])
    expect(candlesOfBars([], { ...whole, interval: '1m' })).toEqual([])
  })
})

describe('live bars', () => {
  it('count each trade once, however often and in whatever order it comes', () => {
    fc.assert(fc.property(tape, fc.array(fc.nat(1_000), { maxLength: 100 }), (trades, again) => {
      const bars = new LiveBars(0)
      for (const i of again) bars.add([trades[i % trades.length]!])
      bars.add(trades)
      bars.add(trades.toReversed())
      expect(bars.sorted()).toEqual(barsOf([trades]))
    }))
  })

  it('leave what is older than their beginning to the store, and say which minute has changed', () => {
    const bars = new LiveBars(8)
    expect(bars.add([trade(7, 0, 1, 1)])).toBeUndefined()
    expect(bars.add([trade(9, 2 * minute, 1, 1), trade(8, minute, 1, 1)])).toBe(start + minute)
    expect(newestRunStart([trade(3, 0, 1, 1), trade(9, 0, 1, 1), trade(8, 0, 1, 1)])).toBe(8)
  })

  it('know ids as a set does', () => {
    fc.assert(fc.property(fc.array(fc.nat(40), { maxLength: 80 }), (ids) => {
      const ranges = new IdRanges()
      const set = new Set<number>()
      for (const id of ids) {
        expect(ranges.add(id)).toBe(!set.has(id))
        set.add(id)
      }
    }))
  })
})
