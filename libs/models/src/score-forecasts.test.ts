import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chanceAbove, measure } from './block-bootstrap.ts'
import { median, medianAbsoluteDeviation, quantile, ranks } from './order-statistics.ts'
import { reciprocalRank, topWeights } from './rank-statistics.ts'
import { type Judged, scoreForecasts, topReturns } from './score-forecasts.ts'
import { seededRandom } from './seeded-random.ts'

/*
 * Forecasts and truth drawn with numpy 2.4.6 (default_rng(7), normal * 0.01, rounded to 4 places) with a tie, a bar of equal forecasts, and gaps
 * made by hand. The figures expected below are of numpy and scipy 1.17.1 on the same numbers in 64 bits: mean of squares, mean of equal signs,
 * means over bars of scipy.stats.pearsonr, spearmanr and of 1 / rankdata(-truth) at the largest forecast.
 */
const none = NaN
const forecast = [
  [0, 0, -0.0027, -0.0089, -0.0045], [-0.0099, 0.0006, -0.0049, -0.0049, -0.0062], [0.0049, 0.0036, 0.0011, -0.0093, -0.0003],
  [none, -0.0134, -0.0046, -0.019, -0.0129], [0.002, 0.002, 0.002, 0.002, 0.002], [-0.0019, -0.0252, -0.0054, -0.0005, 0.0011],
]
const truth = [
  [-0.0153, -0.0048, -0.0098, -0.0081, 0.0106], [-0.0081, -0.0003, 0.0088, -0.0058, -0.0011], [0.0011, none, -0.0123, 0.0008, 0.0136],
  [-0.0155, 0.0086, 0.0012, -0.0064, 0.02], [0.0076, -0.012, 0.0007, 0.0058, -0.0019], [0.0068, -0.0007, 0.0067, 0.0144, -0.0068],
]
const judged: Judged = { forecast: Float32Array.from(forecast.flat()), truth: Float32Array.from(truth.flat()), assets: 5, horizonBars: 1 }
const bootstrap = { blockBars: 2, resamples: 400, seed: 1 }
const scores = scoreForecasts(judged, { costBps: 10, bootstrap, tops: [1, 3, 10] })

describe('scores of forecasts', () => {
  it('equal those of numpy and scipy', () => {
    expect(scores.mse!.value).toBeCloseTo(0.00015600892857142853, 9)
    expect(scores.directional_accuracy!.value).toBeCloseTo(0.4230769230769231, 12)
    expect(scores.ic!.value).toBeCloseTo(0.09351603131626243, 6)
    expect(scores.rank_ic!.value).toBeCloseTo(0.14155870112510924, 12)
    expect(scores.mrr!.value).toBeCloseTo(0.39, 12)
    expect(scores.irr_1_gross!.value).toBeCloseTo(-0.01481, 8)
    expect(scores.irr_1!.value).toBeCloseTo(-0.02401, 8)
    expect(scores.irr_3_gross!.value).toBeCloseTo(0.0019733333, 8)
    expect(scores.irr_3!.value).toBeCloseTo(-0.0026266667, 8)
  })

  it('have intervals that hold the value, the same at each call', () => {
    for (const { value, low, high } of Object.values(scores)) {
      expect(low).toBeLessThanOrEqual(value)
      expect(high).toBeGreaterThanOrEqual(value)
    }
    expect(scoreForecasts(judged, { costBps: 10, bootstrap, tops: [1, 3, 10] })).toEqual(scores)
  })

  it('leave out what cannot be had: portfolios larger than the market, the direction and correlation of nothing', () => {
    expect(scores.irr_10).toBeUndefined()
    const zero = scoreForecasts({ ...judged, forecast: new Float32Array(30) }, { costBps: 0, bootstrap })
    expect(Object.keys(zero)).toEqual(['mse', 'mrr', 'irr_1', 'irr_1_gross', 'irr_5', 'irr_5_gross'])
  })

  it('trade every horizon-th bar only', () => {
    expect(topReturns({ ...judged, horizonBars: 2 }, 1, 0).gross.sums).toHaveLength(3)
  })
})

describe('order statistics', () => {
  const values = Float64Array.of(3, 1, 4, 1, 5, 9, 2, 6, 5, 3.5)
  it('equal those of numpy and scipy', () => {
    expect(quantile(values.toSorted(), 0.975)).toBeCloseTo(8.325, 12)
    expect(median(values)).toBe(3.75)
    expect(medianAbsoluteDeviation(values, 3.75)).toBe(1.5)
    expect([...ranks(values)]).toEqual([4, 1.5, 6, 1.5, 7.5, 10, 3, 9, 7.5, 5])
  })
})

describe('the top of a ranking', () => {
  const market = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 2, maxLength: 12 })
  it('is worth one in all, whatever the ties', () => {
    fc.assert(fc.property(market, fc.integer({ min: 1, max: 12 }), (values, k) => {
      const weights = topWeights(values, k)
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9)
      const least = Math.min(...values.filter((_, i) => weights[i]! > 0))
      values.forEach((value, i) => { if (value > least) expect(weights[i]).toBeCloseTo(1 / Math.min(k, values.length), 9) })
    }))
  })

  it('of equal forecasts is the expectation of a choice at random', () => {
    // The mean of 1/rank over 1,026 stocks is the 7.3e-3 that data/reference/README.md gives for random picks.
    const truth = Float64Array.from({ length: 1026 }, (_, i) => i)
    expect(reciprocalRank(new Float64Array(1026), truth)).toBeCloseTo(7.3e-3, 4)
  })
})

describe('the bootstrap', () => {
  const series = (seed: number, mean: number) => {
    const random = seededRandom(seed)
    return { sums: Float64Array.from({ length: 300 }, () => mean + random() - 0.5), weights: new Float64Array(300).fill(1) }
  }
  it('gives intervals that hold the true mean in about 95 % of cases', () => {
    let held = 0
    for (let seed = 0; seed < 200; seed++) {
      const { low, high } = measure(series(seed, 0.1), { blockBars: 5, resamples: 300, seed })!
      if (low <= 0.1 && high >= 0.1) held++
    }
    expect(held / 200).toBeGreaterThan(0.88)
    expect(held / 200).toBeLessThan(0.99)
  })

  it('is sure of a clear difference and not of none', () => {
    const options = { blockBars: 5, resamples: 500, seed: 3 }
    expect(chanceAbove(series(1, 0.2), series(1, 0.1), options)).toBe(1)
    expect(chanceAbove(series(1, 0.1), series(1, 0.1), options)).toBe(0.5)
    expect(measure({ sums: new Float64Array(5), weights: new Float64Array(5) }, options)).toBeUndefined()
  })
})
