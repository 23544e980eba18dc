/** One figure of a benchmark: what was measured, and as a ratio against what in the same run. */
export interface BenchmarkRow {
  benchmark: string
  subject: string
  value: number
  unit: string
  /** `value` of this row divided by that of the baseline named. */
  ratio?: number
  baseline?: string
  /** What the project set itself, for the reader. */
  target?: string
  /** Whether that was reached. */
  met?: boolean
  /** Figures behind the one shown. */
  details?: Readonly<Record<string, number>>
}

/** A benchmark that could not be run, and why. */
export interface SkippedBenchmark {
  benchmark: string
  skipped: string
}

export type BenchmarkResult = (BenchmarkRow | SkippedBenchmark)[]

export const isSkipped = (row: BenchmarkRow | SkippedBenchmark): row is SkippedBenchmark => 'skipped' in row
