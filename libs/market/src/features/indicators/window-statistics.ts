/** Mean and population standard deviation of a window. */
export interface Spread {
  mean: number
  deviation: number
}

/** Of the newest `count` values. In two passes, so that a series that does not move has exactly no deviation. */
export function spreadOfNewest(values: readonly number[], count: number): Spread {
  const first = values.length - count
  let sum = 0
  for (let i = first; i < values.length; i++) sum += values[i]!
  const mean = sum / count
  let squares = 0
  for (let i = first; i < values.length; i++) squares += (values[i]! - mean) ** 2
  return { mean, deviation: isConstant(values, first) ? 0 : Math.sqrt(squares / count) }
}

/** The mean of equal values may differ from them in its last digit. */
function isConstant(values: readonly number[], first: number): boolean {
  for (let i = first + 1; i < values.length; i++) if (values[i] !== values[first]) return false
  return true
}

/** Standard deviations by which the newest value lies above the mean of the newest `count`; 0 where none deviates. */
export function standardScore(values: readonly number[], count: number): number {
  const { mean, deviation } = spreadOfNewest(values, count)
  return deviation === 0 ? 0 : (values.at(-1)! - mean) / deviation
}

/** Bollinger's bands over the newest `count` closes, two standard deviations wide: where the close lies in them, and their width. */
export function bollinger(closes: readonly number[], count: number): { percentB: number; width: number } {
  const { mean, deviation } = spreadOfNewest(closes, count)
  const half = 2 * deviation
  if (half === 0) return { percentB: 0.5, width: 0 }
  return { percentB: (closes.at(-1)! - (mean - half)) / (2 * half), width: (2 * half) / mean }
}

/** Realised volatility: the root of the sum of the newest `count` squared returns. */
export function realisedVolatility(returns: readonly number[], count: number): number {
  let sum = 0
  for (let i = returns.length - count; i < returns.length; i++) sum += returns[i]! ** 2
  return Math.sqrt(sum)
}
