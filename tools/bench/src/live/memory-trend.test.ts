import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { leastSquaresSlope, memoryTrend, type MemorySample } from './memory-trend.ts'

const every2s = (minutes: number, megabytes: (seconds: number) => number): MemorySample[] =>
  Array.from({ length: minutes * 30 + 1 }, (_, k) => ({ seconds: 2 * k, megabytes: megabytes(2 * k) }))

describe('the trend of a memory', () => {
  it('has the slope of a straight line, whatever the line and the times', () => {
    const number = fc.integer({ min: -500, max: 500 })
    fc.assert(fc.property(number, number, fc.uniqueArray(fc.integer({ min: 0, max: 3_600 }), { minLength: 2, maxLength: 50 }), (level, slope, times) => {
      expect(leastSquaresSlope(times.map((seconds) => ({ seconds, megabytes: level + slope * seconds })))).toBeCloseTo(slope, 6)
    }))
  })

  it('is not flat while it grows, steadily or in steps', () => {
    expect(memoryTrend(every2s(10, (s) => 100 + s / 30))?.flat).toBe(false)
    expect(memoryTrend(every2s(10, (s) => 100 + 10 * Math.floor(s / 120)))?.flat).toBe(false)
  })

  it('is flat when it breathes, and when it has grown during the warm-up only', () => {
    expect(memoryTrend(every2s(10, (s) => 120 + (s % 90) / 3))?.flat).toBe(true)
    expect(memoryTrend(every2s(10, (s) => 100 + Math.min(s, 120)), 150)).toMatchObject({ flat: true, start: 100, end: 220, peak: 220, slope: 0 })
  })

  it('is told by nobody after a minute, or of nothing', () => {
    expect(memoryTrend(every2s(1, () => 100))?.flat).toBeUndefined()
    expect(memoryTrend([])).toBeUndefined()
  })
})
