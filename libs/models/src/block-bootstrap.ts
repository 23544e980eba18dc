import type { Measured } from '@streamforge/contracts'
import { quantile } from './order-statistics.ts'
import { seededRandom } from './seeded-random.ts'

/** One figure, bar by bar: it is `sum of sums / sum of weights`. A bar that says nothing of it has weight 0. */
export interface BarSeries {
  sums: Float64Array
  weights: Float64Array
}

export interface BootstrapOptions {
  /** Bars drawn together, so that what neighbouring bars have in common stays in. */
  blockBars: number
  resamples: number
  seed: number
}

/**
 * The figure with its 95 % interval, by the circular block bootstrap (Politis and Romano 1992, percentile interval); undefined where no bar says
 * anything. `factor` turns a mean into a total.
 */
export function measure(series: BarSeries, options: BootstrapOptions, factor = 1): Measured | undefined {
  const value = ratio(total(series.sums), total(series.weights))
  if (Number.isNaN(value)) return undefined
  const figures = resample(series, options).map((figure) => figure * factor).filter((figure) => !Number.isNaN(figure)).toSorted()
  return { value: value * factor, low: quantile(figures, 0.025), high: quantile(figures, 0.975) }
}

/** The share of resamples in which `a` is above `b`, both drawn with the same bars: how sure it is that a is better. */
export function chanceAbove(a: BarSeries, b: BarSeries, options: BootstrapOptions): number {
  const left = resample(a, options)
  const right = resample(b, options)
  let above = 0
  let known = 0
  left.forEach((figure, i) => {
    if (Number.isNaN(figure) || Number.isNaN(right[i]!)) return
    known++
    above += figure > right[i]! ? 1 : figure === right[i]! ? 0.5 : 0
  })
  return known === 0 ? NaN : above / known
}

function resample({ sums, weights }: BarSeries, { blockBars, resamples, seed }: BootstrapOptions): Float64Array {
  const bars = sums.length
  const block = Math.max(1, Math.min(blockBars, bars))
  const random = seededRandom(seed)
  const [sum, weight] = [runningTotals(sums), runningTotals(weights)]
  return Float64Array.from({ length: resamples }, () => {
    let numerator = 0
    let denominator = 0
    for (let left = bars; left > 0; left -= block) {
      const from = Math.floor(random() * bars)
      const to = from + Math.min(block, left)
      numerator += sum[to]! - sum[from]!
      denominator += weight[to]! - weight[from]!
    }
    return ratio(numerator, denominator)
  })
}

/** Of the values written twice after one another: a block that reaches over the end goes on at the beginning. */
function runningTotals(values: Float64Array): Float64Array {
  const totals = new Float64Array(2 * values.length + 1)
  for (let i = 0; i < 2 * values.length; i++) totals[i + 1] = totals[i]! + values[i % values.length]!
  return totals
}

// Weights are counts; what is left of their differences below one half is rounding.
const ratio = (numerator: number, denominator: number) => (denominator < 0.5 ? NaN : numerator / denominator)
const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0)
