import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ceilToInterval, countCandles, floorToInterval, intervals, nextOpenTime } from './interval.ts'

const time = fc.integer({ min: Date.UTC(2015, 0), max: Date.UTC(2030, 0) })
const interval = fc.constantFrom(...intervals)

describe('intervals', () => {
  it('places every instant in exactly one candle', () => {
    fc.assert(fc.property(time, interval, (t, i) => {
      const open = floorToInterval(t, i)
      expect(open <= t && t < nextOpenTime(open, i)).toBe(true)
      expect(floorToInterval(open, i)).toBe(open)
      expect(ceilToInterval(t, i)).toBe(open === t ? t : nextOpenTime(open, i))
    }))
  })

  it('opens weeks on Monday and months on the first', () => {
    expect(new Date(floorToInterval(Date.UTC(2024, 7, 1), '1w')).toISOString()).toBe('2024-07-29T00:00:00.000Z')
    expect(new Date(floorToInterval(Date.UTC(2024, 1, 29), '1M')).toISOString()).toBe('2024-02-01T00:00:00.000Z')
  })

  it('counts what stepping counts', () => {
    fc.assert(fc.property(time, fc.integer({ min: 1, max: 400 * 86_400_000 }), fc.constantFrom('1h', '1d', '1w', '1M', '3d'), (from, length, i) => {
      const to = from + length
      let steps = 0
      for (let open = ceilToInterval(from, i); open < to; open = nextOpenTime(open, i)) steps++
      expect(countCandles({ from, to }, i)).toBe(steps)
    }))
  })
})
