import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addHistograms, between, countOf, histogramOf, partWithin, quantile, readCounter, readHistogram } from './histogram.ts'

const bounds = [1, 2, 5, 10, 20, 50, 100]
const values = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 200 })

describe('a histogram', () => {
  it('has its quantiles in the bucket of the true ones', () => {
    fc.assert(fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (observed, q) => {
      const rank = Math.ceil(q * observed.length) - 1
      const truth = observed.toSorted((a, b) => a - b)[Math.max(0, rank)]!
      const bucket = bounds.findIndex((bound) => truth <= bound)
      const estimate = quantile(histogramOf(observed, bounds), q)
      expect(estimate).toBeGreaterThanOrEqual(bucket === 0 ? 0 : bounds[bucket - 1]!)
      expect(estimate).toBeLessThanOrEqual(bounds[bucket]!)
    }))
  })

  it('of several is the one of all, and what came later is the difference', () => {
    fc.assert(fc.property(values, values, (one, other) => {
      const both = histogramOf([...one, ...other], bounds)
      expect(addHistograms([histogramOf(one, bounds), histogramOf(other, bounds)])).toEqual(both)
      expect(between(histogramOf(one, bounds), both)).toEqual(histogramOf(other, bounds))
    }))
  })

  it('says what it does not know: beyond its last bound, and without observations', () => {
    expect(quantile(histogramOf([1, 1, 1, 200], bounds), 0.99)).toBe(Infinity)
    expect(quantile(histogramOf([], bounds), 0.5)).toBeNaN()
    expect(partWithin(histogramOf([1, 15, 20, 30], bounds), 20)).toBe(0.75)
  })

  it('is read from what Prometheus reads', () => {
    const text = `# HELP delay_seconds From here to there
# TYPE delay_seconds histogram
delay_seconds_bucket{le="0.01",service="loader-ws"} 3
delay_seconds_bucket{le="+Inf",service="loader-ws"} 4
delay_seconds_sum{service="loader-ws"} 0.2
delay_seconds_count{service="loader-ws"} 4
delay_seconds_total{service="a"} 5
delay_seconds_total{service="b"} 6
delay_seconds_total_other 1e3`
    const histogram = readHistogram(text, 'delay_seconds')
    expect([...histogram]).toEqual([[0.01, 3], [Infinity, 4]])
    expect(countOf(histogram)).toBe(4)
    expect([readCounter(text, 'delay_seconds_total'), readCounter(text, 'delay_seconds_total_other'), readCounter(text, 'none')]).toEqual([11, 1000, 0])
  })
})
