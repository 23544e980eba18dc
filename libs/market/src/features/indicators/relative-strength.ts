/** What Wilder's relative strength index keeps between bars. */
export interface RelativeStrengthState {
  /** Changes of price seen so far, no further counted than the period. */
  changes: number
  /** Sums of the first changes, then their smoothed averages. */
  gain: number
  loss: number
}

export const startRelativeStrength = (): RelativeStrengthState => ({ changes: 0, gain: 0, loss: 0 })

/**
 * Wilder's relative strength index after one more change of price, 0 to 100, as TA-Lib's RSI: the averages begin as means of the first
 * `period` changes. Undefined before that. A price that has not moved at all is neither strong nor weak: 50 (TA-Lib says 0).
 * Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978.
 */
export function nextRelativeStrength(state: RelativeStrengthState, change: number, period: number): number | undefined {
  const up = Math.max(change, 0)
  const down = Math.max(-change, 0)
  if (state.changes < period) {
    state.changes++
    state.gain += up
    state.loss += down
    if (state.changes < period) return undefined
    state.gain /= period
    state.loss /= period
  } else {
    state.gain = (state.gain * (period - 1) + up) / period
    state.loss = (state.loss * (period - 1) + down) / period
  }
  const sum = state.gain + state.loss
  return sum === 0 ? 50 : (100 * state.gain) / sum
}
