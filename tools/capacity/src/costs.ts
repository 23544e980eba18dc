import { z } from 'zod'

const microseconds = z.number().positive().describe('microseconds of one core for a message')

/** What work costs on one core, as measured on a machine; `npm run capacity -- measure` makes such a file for another machine. */
export const Costs = z.object({
  machine: z.string().describe('where it was measured, and how'),
  loader_us: microseconds,
  connector_us: microseconds,
  /** History, in full batches: loader and connector together. */
  history_us: microseconds,
  /** A message written to a broker, and read from it once. */
  broker_us: microseconds,
  feature_us: microseconds,
  loader_mb: z.number().positive(),
  connector_mb: z.number().positive(),
  /** More of a loader for each order book that it keeps. */
  book_mb: z.number().nonnegative(),
})
export type Costs = z.infer<typeof Costs>

/** Docs/BENCHMARKS.md has the runs that these come from. */
export const measuredCosts: Costs = {
  machine: '2 shared virtual cores, docs/BENCHMARKS.md', loader_us: 22, connector_us: 44, history_us: 24, broker_us: 6, feature_us: 3.3,
  loader_mb: 160, connector_mb: 170, book_mb: 1.5,
}
