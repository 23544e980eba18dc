import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyHistogram, latencyQuantile, pageLatency, recordLatency } from './latency.ts'

describe('the latency histogram', () => {
  it('gives quantiles at most a fifth above the true ones', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 200 }), fc.double({ min: 0.01, max: 1, noNaN: true }), (values, p) => {
      const histogram = emptyHistogram()
      for (const value of values) recordLatency(histogram, value)
      const exact = values.toSorted((a, b) => a - b)[Math.ceil(p * values.length - 1e-9) - 1]!
      const told = latencyQuantile(histogram, p)!
      expect(told).toBeGreaterThanOrEqual(Math.min(exact, 1) - 1e-9)
      expect(told).toBeGreaterThanOrEqual(exact - 0.01)
      expect(told).toBeLessThanOrEqual(Math.max(1, exact * 1.2))
    }))
  })

  it('knows nothing before the first record, nor after a reset, and takes clocks that disagree', () => {
    const latency = pageLatency()
    expect(latency.quantile('received', 0.5)).toBeUndefined()
    latency.record('received', -5, 3)
    expect(latency.received).toMatchObject({ count: 3, max: 0 })
    latency.record('shown', 1e9)
    expect(latency.quantile('shown', 1)).toBe(1e9)
    latency.reset()
    expect(latency.received.count + latency.shown.count).toBe(0)
  })
})
