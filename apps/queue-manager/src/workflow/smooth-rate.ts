import type { StageRate } from '@streamforge/contracts'

/** Samples closer together than this say more about how events bunch than about speed. */
const minimumGapMs = 500
/** Time after which two thirds of an old rate are forgotten. */
const memoryMs = 5_000

/**
 * A rate smoothed by the time that passed, not by the number of samples, so that bursts of events don't outweigh the rest.
 * `at` is the events' own time in milliseconds: how late they were read does not matter.
 */
export function observeRate(before: StageRate | undefined, records: number, at: number): StageRate {
  if (!before || records < before.records) return { at, records, rate: 0 }
  const elapsed = at - before.at
  if (elapsed < minimumGapMs) return before
  const sample = ((records - before.records) * 1000) / elapsed
  const weight = before.rate === 0 ? 1 : 1 - Math.exp(-elapsed / memoryMs)
  return { at, records, rate: before.rate + weight * (sample - before.rate) }
}
