import fc from 'fast-check'
import type { ChartCandle, Gap } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { intervalMs, lastClosed, mergeCandles, missingCandles } from './merge-candles.ts'

const candle = (open_time: number, closed = true, close = 1): ChartCandle => ({ open_time, open: 1, high: 2, low: 0, close, volume: 1, closed, backfilled: false })
const run = fc.uniqueArray(fc.nat(30), { maxLength: 12 }).map((times) => times.sort((a, b) => a - b))

describe('mergeCandles', () => {
  it('holds each open time once, in order, whatever comes', () => {
    fc.assert(fc.property(run, run, fc.boolean(), (known, news, closed) => {
      const merged = mergeCandles(known.map((t) => candle(t)), news.map((t) => candle(t, closed)))
      expect(merged.map((c) => c.open_time)).toEqual([...new Set([...known, ...news])].sort((a, b) => a - b))
      // What has closed stays closed.
      expect(merged.filter((c) => known.includes(c.open_time)).every((c) => c.closed)).toBe(true)
    }))
  })

  it('lets an open candle move, and closes it', () => {
    const open = mergeCandles([candle(0)], [candle(1, false, 5)])
    expect(mergeCandles(open, [candle(1, false, 6)]).at(-1)).toEqual(candle(1, false, 6))
    expect(mergeCandles(open, [candle(1, true, 7)]).at(-1)).toEqual(candle(1, true, 7))
    expect(lastClosed(open)).toBe(0)
    expect(mergeCandles([candle(1)], [candle(1, false, 9)])).toEqual([candle(1)])
  })

  it('keeps the objects of candles that have not changed', () => {
    const known = [candle(0), candle(1), candle(2, false)]
    const merged = mergeCandles(known, [candle(1), candle(2, true), candle(3, false)])
    expect([merged[0] === known[0], merged[1] === known[1], merged[2] === known[2]]).toEqual([true, true, false])
  })
})

describe('missingCandles', () => {
  it('tells what the venue lacks from what is not stored', () => {
    const gap = { from: 20, to: 40 } as Gap
    expect(missingCandles([candle(0), candle(40), candle(60)], [gap], 10)).toEqual([
      { open_time: 10, cause: 'absent' }, { open_time: 20, cause: 'exchange' }, { open_time: 30, cause: 'exchange' }, { open_time: 50, cause: 'absent' },
    ])
    expect(missingCandles([candle(0), candle(10)], [], 10)).toEqual([])
    // A gap of trades is told in instants: every candle that it touches is one that the venue lacks.
    expect(missingCandles([candle(0), candle(30)], [{ from: 15, to: 16 } as Gap], 10)).toEqual([{ open_time: 10, cause: 'exchange' }, { open_time: 20, cause: 'absent' }])
    expect(missingCandles([candle(0), { ...candle(10), incomplete: true }], [], 10)).toEqual([{ open_time: 10, cause: 'incomplete' }])
    expect(missingCandles([candle(0), { ...candle(10), incomplete: true }], [{ from: 12, to: 14 } as Gap], 10)).toEqual([{ open_time: 10, cause: 'partial' }])
    expect(missingCandles([candle(0), candle(1e9)], [], 10)).toHaveLength(2_000)
  })

  it('misses nothing while the market is closed', () => {
    expect(missingCandles([candle(0), candle(40)], [], 10, [{ from: 10, to: 30 }])).toEqual([{ open_time: 30, cause: 'absent' }])
    expect(missingCandles([candle(0), candle(40)], [], 10, [{ from: 10, to: 40 }])).toEqual([])
  })

  it('knows the lengths of intervals, but none of a month', () => {
    expect(['1s', '5m', '4h', '1d', '1w', '1M'].map(intervalMs)).toEqual([1_000, 300_000, 14_400_000, 86_400_000, 604_800_000, undefined])
  })
})
