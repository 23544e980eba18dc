/** Of a normal distribution, the standard deviation is so many times its median absolute deviation: 1 / (inverse normal of 3/4). */
const normalScale = 1.4826

/** The newest values of a series, and how far from them a further one lies. */
export interface RobustWindow {
  readonly size: number
  push(value: number): void
  /**
   * (value - median) / scale, with scale = 1.4826 x the median absolute deviation (B. Iglewicz and D. Hoaglin, How to Detect and Handle
   * Outliers, 1993; P. Rousseeuw and C. Croux, Alternatives to the Median Absolute Deviation, 1993), and at least `leastScale`, so that after
   * a time without any movement not every movement counts. Undefined while there are fewer than `least` values.
   */
  deviations(value: number): number | undefined
}

export interface RobustWindowOptions {
  /** Values kept. */
  length: number
  /** Values without which nothing is said. */
  least: number
  /** In the unit of the values. */
  leastScale: number
}

export function robustWindow({ length, least, leastScale }: RobustWindowOptions): RobustWindow {
  const values: number[] = []
  let spread: { median: number; scale: number } | undefined
  return {
    get size() { return values.length },
    push(value) {
      values.push(value)
      if (values.length > length) values.shift()
      spread = undefined
    },
    deviations(value) {
      if (values.length < least) return undefined
      spread ??= spreadOf(values, leastScale)
      return (value - spread.median) / spread.scale
    },
  }
}

function spreadOf(values: readonly number[], leastScale: number): { median: number; scale: number } {
  const median = medianOf(values)
  return { median, scale: Math.max(leastScale, normalScale * medianOf(values.map((value) => Math.abs(value - median)))) }
}

/** The middle value, or the mean of the two in the middle. */
export function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
