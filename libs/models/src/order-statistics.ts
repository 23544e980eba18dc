/** Of values without NaN; NaN for none. The mean of the middle two for an even number, as numpy.median has it. */
export function median(values: ArrayLike<number>): number {
  return quantile(Float64Array.from(values).toSorted(), 0.5)
}

/** Median of the distances from `centre`. */
export function medianAbsoluteDeviation(values: Float64Array, centre: number): number {
  return median(values.map((value) => Math.abs(value - centre)))
}

/** Linear interpolation between the neighbours, numpy's default. `sorted` ascending; NaN for none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const position = (sorted.length - 1) * share
  const below = Math.floor(position)
  const low = sorted[below]
  if (low === undefined) return NaN
  const high = sorted[below + 1]
  return high === undefined ? low : low + (position - below) * (high - low)
}

/** Ranks from 1; equal values share the mean of their ranks, as scipy.stats.rankdata has it. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const result = new Float64Array(values.length)
  for (let start = 0; start < order.length;) {
    let end = start + 1
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++
    const shared = (start + 1 + end) / 2
    for (let i = start; i < end; i++) result[order[i]!] = shared
    start = end
  }
  return result
}
