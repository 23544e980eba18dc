import { formatTimeRange } from '@streamforge/contracts'
import { endJob } from './launch-job.ts'
import { isWaitingForLive, type Draft, type QueueInput } from './queue-input.ts'

/** Gives history its end: where live began. From then on it is a queue like any other. Only the first answer counts. */
export function meetLive(draft: Draft, { to, shards }: Extract<QueueInput, { kind: 'meet' }>): void {
  const { queue } = draft
  if (!isWaitingForLive(queue) || queue.status !== 'pending') return
  queue.to = Math.max(to, queue.from)
  queue.shards = [...shards]
  if (queue.to > queue.from) queue.time_range = formatTimeRange({ from: queue.from, to: queue.to })
  else for (const job of queue.jobs) endJob(draft, job, 'finished', 'live began at the start of the range: there is no history to load')
}
