import type { StoredQueue } from '@streamforge/contracts'

/** Relaunches are counted in parts of an hour, so that a queue's document stays small. */
const partMs = 600_000
const hourMs = 3_600_000

export type Relaunches = NonNullable<StoredQueue['relaunches']>

/** One more, and without those of more than an hour ago. */
export function countRelaunch(relaunches: Relaunches = [], now: number): Relaunches {
  const from = Math.floor(now / partMs) * partMs
  const recent = relaunches.filter((part) => now - part.from < hourMs + partMs && part.from !== from)
  const count = relaunches.find((part) => part.from === from)?.count ?? 0
  return [...recent, { from, count: count + 1 }]
}

/** How many there were within the last hour, to ten minutes. */
export const relaunchesWithinHour = (relaunches: Relaunches = [], now: number) =>
  relaunches.filter((part) => now - part.from < hourMs).reduce((sum, { count }) => sum + count, 0)

/** How many a workflow may have in an hour: as many as are set, and more for one of many queues, so that one outage may touch each of them. */
export const relaunchLimit = (budget: number, queues: number) => Math.max(budget, 10 * queues)
