/** How many observations lie at or below each bound, Prometheus's way: cumulative, the last bound is infinite. */
export type Histogram = ReadonlyMap<number, number>

/** The buckets of a histogram, and the values of a counter or gauge, in a text that Prometheus would read; labels other than `le` are added up. */
export function readHistogram(text: string, name: string): Histogram {
  const buckets = new Map<number, number>()
  for (const { labels, value } of samplesOf(text, `${name}_bucket`)) {
    const bound = /le="([^"]+)"/.exec(labels)?.[1]
    if (bound === undefined) continue
    const at = bound === '+Inf' ? Infinity : Number(bound)
    buckets.set(at, (buckets.get(at) ?? 0) + value)
  }
  return sorted(buckets)
}

/** Sum over all labels; 0 where there is none. */
export const readCounter = (text: string, name: string): number => samplesOf(text, name).reduce((sum, { value }) => sum + value, 0)

function samplesOf(text: string, name: string): { labels: string; value: number }[] {
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith(name)) return []
    const found = /^\w+(?:\{(.*)\})? (\S+)/.exec(line)
    return found && line.slice(name.length, name.length + 1).match(/[{ ]/) ? [{ labels: found[1] ?? '', value: Number(found[2]) }] : []
  })
}

/** All observations of several histograms with the same bounds. */
export function addHistograms(histograms: readonly Histogram[]): Histogram {
  const sum = new Map<number, number>()
  for (const histogram of histograms) for (const [bound, count] of histogram) sum.set(bound, (sum.get(bound) ?? 0) + count)
  return sorted(sum)
}

/** What was observed between an earlier reading and a later one. */
export const between = (earlier: Histogram, later: Histogram): Histogram =>
  new Map([...later].map(([bound, count]) => [bound, count - (earlier.get(bound) ?? 0)]))

/** One observation for each of the values. */
export function histogramOf(values: Iterable<number>, bounds: readonly number[]): Histogram {
  const counts = new Map<number, number>([...bounds, Infinity].map((bound) => [bound, 0]))
  for (const value of values) for (const bound of counts.keys()) if (value <= bound) counts.set(bound, counts.get(bound)! + 1)
  return counts
}

export const countOf = (histogram: Histogram): number => histogram.get(Infinity) ?? 0

/**
 * The value that the part `q` of all observations does not exceed, interpolated within its bucket as Prometheus's histogram_quantile does.
 * Infinite when it lies above the last finite bound; NaN without observations.
 */
export function quantile(histogram: Histogram, q: number): number {
  const rank = q * countOf(histogram)
  if (rank === 0) return NaN
  let below = 0
  let lower = 0
  for (const [bound, count] of histogram) {
    if (count >= rank) return bound === Infinity ? Infinity : lower + (bound - lower) * ((rank - below) / (count - below))
    below = count
    lower = bound
  }
  return Infinity
}

/** The part of all observations at or below `limit`, which should be a bound. */
export function partWithin(histogram: Histogram, limit: number): number {
  let within = 0
  for (const [bound, count] of histogram) if (bound <= limit) within = count
  return within / countOf(histogram)
}

const sorted = (buckets: Map<number, number>): Histogram => new Map([...buckets].sort(([a], [b]) => a - b))
