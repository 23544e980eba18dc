/**
 * How long after its receipt from the venue (`known_time`) a pushed record reached this page and its screen, in milliseconds by this
 * machine's clock against the loader's. A histogram whose buckets grow by a quarter of a power of two: always on, a few hundred bytes.
 */
export interface LatencyHistogram {
  count: number
  max: number
  /** Upper bounds of the buckets, in milliseconds; the last one takes all beyond. */
  readonly bounds: readonly number[]
  readonly counts: number[]
}

const bounds = [...Array.from({ length: 61 }, (_, i) => Math.round(2 ** (i / 4) * 100) / 100), Number.POSITIVE_INFINITY]

export const emptyHistogram = (): LatencyHistogram => ({ count: 0, max: 0, bounds, counts: bounds.map(() => 0) })

/** Clocks of two machines may disagree: less than nothing counts as nothing. */
export function recordLatency(histogram: LatencyHistogram, ms: number, times = 1): void {
  const value = Math.max(0, ms)
  const bucket = value <= 1 ? 0 : Math.min(bounds.length - 1, Math.ceil(Math.log2(value) * 4 - 1e-9))
  histogram.counts[bucket]! += times
  histogram.count += times
  if (value > histogram.max) histogram.max = value
}

/** An upper bound of the p-quantile, at most a fifth above it; undefined while nothing was recorded. */
export function latencyQuantile({ count, counts, max }: LatencyHistogram, p: number): number | undefined {
  if (!count) return undefined
  let below = 0
  const bucket = counts.findIndex((n) => (below += n) >= p * count)
  return Math.min(max, bounds[bucket] ?? max)
}

/** What measurements read from the page: `received` when the message came, `shown` in the first frame that draws it. */
export interface PageLatency {
  readonly received: LatencyHistogram
  readonly shown: LatencyHistogram
  quantile(which: 'received' | 'shown', p: number): number | undefined
  reset(): void
}

export function pageLatency(): PageLatency & { record(which: 'received' | 'shown', ms: number, times?: number): void } {
  const histograms = { received: emptyHistogram(), shown: emptyHistogram() }
  return {
    get received() { return histograms.received },
    get shown() { return histograms.shown },
    record: (which, ms, times) => recordLatency(histograms[which], ms, times),
    quantile: (which, p) => latencyQuantile(histograms[which], p),
    reset() {
      histograms.received = emptyHistogram()
      histograms.shown = emptyHistogram()
    },
  }
}
