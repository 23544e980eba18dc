/** What Wilder's average true range keeps between bars. */
export interface AverageTrueRangeState {
  /** True ranges seen so far, no further counted than the period. */
  ranges: number
  /** Sum of the first ones, then the smoothed average. */
  average: number
}

export const startAverageTrueRange = (): AverageTrueRangeState => ({ ranges: 0, average: 0 })

/** How far a price went within a bar, counted from the close before it. */
export const trueRange = (bar: { high: number; low: number }, closeBefore: number) =>
  Math.max(bar.high, closeBefore) - Math.min(bar.low, closeBefore)

/**
 * Wilder's average true range after one more true range, in units of the price, as TA-Lib's ATR: it begins as the mean of the first
 * `period` true ranges (the first bar has none). Undefined before that.
 * Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978.
 */
export function nextAverageTrueRange(state: AverageTrueRangeState, range: number, period: number): number | undefined {
  if (state.ranges < period) {
    state.ranges++
    state.average += range
    if (state.ranges < period) return undefined
    state.average /= period
  } else {
    state.average = (state.average * (period - 1) + range) / period
  }
  return state.average
}
