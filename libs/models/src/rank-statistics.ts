import { ranks } from './order-statistics.ts'

/** Pearson's correlation; NaN where one of the two does not vary, or for fewer than two pairs. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const count = a.length
  if (count < 2) return NaN
  let [meanA, meanB] = [0, 0]
  for (let i = 0; i < count; i++) {
    meanA += a[i]! / count
    meanB += b[i]! / count
  }
  let [covariance, varianceA, varianceB] = [0, 0, 0]
  for (let i = 0; i < count; i++) {
    const [x, y] = [a[i]! - meanA, b[i]! - meanB]
    covariance += x * y
    varianceA += x * x
    varianceB += y * y
  }
  // A constant's variance is 0 but for rounding of its mean.
  const negligible = (variance: number, mean: number) => variance <= count * (1e-14 * mean) ** 2
  if (negligible(varianceA, meanA) || negligible(varianceB, meanB)) return NaN
  return covariance / Math.sqrt(varianceA * varianceB)
}

/** Spearman's correlation: Pearson's of the ranks, equal values sharing theirs. */
export const rankCorrelation = (a: ArrayLike<number>, b: ArrayLike<number>) => correlation(ranks(a), ranks(b))

/**
 * One over the true rank of the asset forecast to be best (1: it was the best). Where several share the best forecast, the mean over them:
 * what choosing one of them at random comes to.
 */
export function reciprocalRank(forecast: ArrayLike<number>, truth: ArrayLike<number>): number {
  let best = -Infinity
  for (let i = 0; i < forecast.length; i++) best = Math.max(best, forecast[i]!)
  const trueRanks = ranks(Float64Array.from(truth, (value) => -value))
  let sum = 0
  let chosen = 0
  for (let i = 0; i < forecast.length; i++) {
    if (forecast[i] !== best) continue
    sum += 1 / trueRanks[i]!
    chosen++
  }
  return chosen === 0 ? NaN : sum / chosen
}

/**
 * Weights of a portfolio of the k assets with the highest forecasts in equal parts; NaN forecasts get none. Assets that tie for the last
 * places share them. With fewer than k forecasts, of all of them.
 */
export function topWeights(forecast: ArrayLike<number>, k: number): Float64Array {
  const weights = new Float64Array(forecast.length)
  const order = Array.from(forecast, (_, i) => i).filter((i) => !Number.isNaN(forecast[i]!)).sort((a, b) => forecast[b]! - forecast[a]!)
  const places = Math.min(k, order.length)
  for (let start = 0; start < places;) {
    let end = start + 1
    while (end < order.length && forecast[order[end]!] === forecast[order[start]!]) end++
    const shared = Math.min(places - start, end - start) / (end - start)
    for (let i = start; i < end; i++) weights[order[i]!] = shared / places
    start = end
  }
  return weights
}
