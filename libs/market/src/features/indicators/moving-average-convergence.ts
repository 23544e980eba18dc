/** What MACD keeps between bars. */
export interface ConvergenceState {
  fast: number
  slow: number
  signal: number
  /** Differences of the averages seen so far, no further counted than the signal's period. */
  differences: number
}

export interface Convergence {
  line: number
  /** Undefined until there are as many differences as its period. */
  signal: number | undefined
}

const fastPeriod = 12
const slowPeriod = 26
const signalPeriod = 9

/** Closes that are needed before the first value. */
export const convergenceWarmUp = slowPeriod

export const startConvergence = (): ConvergenceState => ({ fast: 0, slow: 0, signal: 0, differences: 0 })

/**
 * Moving average convergence and divergence (12, 26, 9) after one more close, in units of the price, as TA-Lib's MACD: at the 26th close
 * the fast average begins as the mean of the newest 12 closes and the slow one as that of all 26; the signal begins as the mean of the
 * first 9 differences. `closes` are the newest closes, the last one included, at least 26.
 * Source: G. Appel, Technical Analysis: Power Tools for Active Investors, 2005.
 */
export function nextConvergence(state: ConvergenceState, closes: readonly number[]): Convergence {
  const close = closes.at(-1)!
  if (state.differences === 0) {
    state.fast = meanOfNewest(closes, fastPeriod)
    state.slow = meanOfNewest(closes, slowPeriod)
  } else {
    state.fast = smoothed(state.fast, close, fastPeriod)
    state.slow = smoothed(state.slow, close, slowPeriod)
  }
  const line = state.fast - state.slow
  return { line, signal: nextSignal(state, line) }
}

function nextSignal(state: ConvergenceState, line: number): number | undefined {
  if (state.differences === signalPeriod) return (state.signal = smoothed(state.signal, line, signalPeriod))
  state.differences++
  state.signal += line
  if (state.differences < signalPeriod) return undefined
  return (state.signal /= signalPeriod)
}

/** An exponential average whose newest value weighs 2 / (period + 1). */
const smoothed = (average: number, value: number, period: number) => average + (value - average) * (2 / (period + 1))

function meanOfNewest(values: readonly number[], count: number): number {
  let sum = 0
  for (let i = values.length - count; i < values.length; i++) sum += values[i]!
  return sum / count
}
