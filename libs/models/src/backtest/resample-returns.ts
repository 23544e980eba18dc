import { quantile } from '../order-statistics.ts'
import { seededRandom } from '../seeded-random.ts'
import type { BootstrapOptions } from '../block-bootstrap.ts'
import type { Measured } from '@streamforge/contracts'

/** What a series of returns comes to. */
export interface ReturnFigures {
  /** Sum of the logarithmic returns. */
  logReturn: number
  /** Mean of the simple returns over their sample standard deviation; NaN without any. */
  sharpe: number
  /** The mean over the root of the mean square of the losses; NaN without any. */
  sortino: number
  /** Largest share of a peak that was lost, 0..1. */
  maxDrawdown: number
}

/** Simple returns bar by bar, in the order that `order` gives. One pass, so that thousands of resamples are cheap. */
export function returnFigures(returns: Float64Array, order?: Uint32Array): ReturnFigures {
  const bars = returns.length
  let [sum, squares, losses, value, peak, drawdown] = [0, 0, 0, 1, 1, 0]
  for (let i = 0; i < bars; i++) {
    const simple = returns[order ? order[i]! : i]!
    sum += simple
    squares += simple * simple
    if (simple < 0) losses += simple * simple
    value *= 1 + simple
    if (value > peak) peak = value
    else drawdown = Math.max(drawdown, 1 - value / peak)
  }
  const mean = sum / bars
  const variance = Math.max(0, squares - bars * mean * mean) / (bars - 1)
  // Below the rounding of the squares there is no deviation.
  const deviation = variance <= 1e-13 * (squares / bars) ? 0 : Math.sqrt(variance)
  return { logReturn: Math.log(value), sharpe: deviation > 0 ? mean / deviation : NaN, sortino: losses > 0 ? mean / Math.sqrt(losses / bars) : NaN, maxDrawdown: drawdown }
}

/** Figures of resamples by the circular block bootstrap (Politis and Romano 1992). The same seed and number of bars draw the same bars. */
export function resampleReturns(returns: Float64Array, { blockBars, resamples, seed }: BootstrapOptions): ReturnFigures[] {
  const bars = returns.length
  const block = Math.max(1, Math.min(blockBars, bars))
  const random = seededRandom(seed)
  const order = new Uint32Array(bars)
  return Array.from({ length: resamples }, () => {
    for (let done = 0; done < bars; done += block) {
      const from = Math.floor(random() * bars)
      for (let i = 0; i < block && done + i < bars; i++) order[done + i] = (from + i) % bars
    }
    return returnFigures(returns, order)
  })
}

/** A value with the interval that 95 % of the resamples' values lie in; undefined where there is no value. */
export function measured(value: number, resampled: readonly number[]): Measured | undefined {
  if (!Number.isFinite(value)) return undefined
  const known = Float64Array.from(resampled.filter((figure) => Number.isFinite(figure))).toSorted()
  return known.length === 0 ? { value, low: value, high: value } : { value, low: quantile(known, 0.025), high: quantile(known, 0.975) }
}
