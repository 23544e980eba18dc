/** Resident memory of one process at one moment. */
export interface MemorySample {
  /** Any clock, the same for all samples. */
  readonly seconds: number
  readonly megabytes: number
}

/** How the memory of a process went, and whether it may go on like that for weeks. */
export interface MemoryTrend {
  readonly start: number
  readonly middle: number
  readonly end: number
  readonly peak: number
  /** Least squares over the samples after the warm-up, MB a minute. */
  readonly slope: number
  /** Undefined where it was watched for too short a time to tell. */
  readonly flat: boolean | undefined
}

/** Below this a process that runs for a day has grown by 1.4 GB at the very most: what is looked for is growth, not breath. */
const flatSlope = 1
/** A heap that saws between two collections has a slope in any window; it is bounded when its last third stays below what the first two reached. */
const boundedBy = 1.02
/** A heap takes minutes to find its size. */
const shortestSeconds = 180

/**
 * Trend of samples in the order of their time; those of the first `warmUpSeconds` count for `start` and `peak` only. Flat: the slope is
 * below 1 MB a minute, or the memory is bounded: the highest of the last third is no higher (2 %) than the highest of the first two.
 * Undefined without samples after the warm-up.
 */
export function memoryTrend(samples: readonly MemorySample[], warmUpSeconds = 0): MemoryTrend | undefined {
  const first = samples[0]
  if (!first) return undefined
  const warm = samples.filter(({ seconds }) => seconds >= first.seconds + warmUpSeconds)
  const last = warm.at(-1)
  if (!last) return undefined
  const slope = 60 * leastSquaresSlope(warm)
  const third = last.seconds - (last.seconds - warm[0]!.seconds) / 3
  const earlier = highest(warm.filter(({ seconds }) => seconds < third))
  const bounded = earlier > 0 && highest(warm.filter(({ seconds }) => seconds >= third)) <= earlier * boundedBy
  return {
    start: first.megabytes, middle: warm[Math.floor(warm.length / 2)]!.megabytes, end: last.megabytes, peak: highest(samples), slope,
    flat: last.seconds - warm[0]!.seconds < shortestSeconds ? undefined : slope < flatSlope || bounded,
  }
}

const highest = (samples: readonly MemorySample[]) => samples.reduce((most, { megabytes }) => Math.max(most, megabytes), 0)

/** MB a second; 0 for samples of a single moment. */
export function leastSquaresSlope(samples: readonly MemorySample[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const atMean = mean(samples.map(({ seconds }) => seconds))
  const level = mean(samples.map(({ megabytes }) => megabytes))
  let together = 0
  let square = 0
  for (const { seconds, megabytes } of samples) {
    together += (seconds - atMean) * (megabytes - level)
    square += (seconds - atMean) ** 2
  }
  return square === 0 ? 0 : together / square
}
