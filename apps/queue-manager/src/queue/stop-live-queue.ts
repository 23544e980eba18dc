import type { StoredQueue } from '@streamforge/contracts'
import { endJob } from './launch-job.ts'
import { hasEnded, isActive, isLive, isStage, type Draft, type StoredJob } from './queue-input.ts'

/**
 * A live queue stops in stages, so that nothing that was received is lost: its loader writes what it has and its markers; its connector
 * stores that, certifies and ends by itself; whatever does not is told to, and in the end killed. A live stage's workers write no markers:
 * its connector is told to end when they have.
 */
export function beginLiveStop(draft: Draft): void {
  const writers = writersOf(draft.queue)
  enter(draft, 'loader')
  const idle = writers.filter((job) => !isActive(job) && !hasEnded(job))
  for (const job of idle) endJob(draft, job, 'stopped', draft.queue.stop_reason ?? '')
  for (const job of writers) if (isActive(job)) tell(draft, job.target)
  if (idle.length > 0 && !writers.some(isActive)) endRest(draft)
}

/** The loader ended without its markers: its connector would wait for them. */
export function loaderEndedShort(draft: Draft, job: StoredJob): void {
  if (isLive(draft.queue) && job.target === 'loader-producer' && draft.queue.stop_stage !== 'all') endRest(draft)
}

/** Whether a connector still has its loader's last records to store: were it lost, another attempt would do it. */
export const isDraining = ({ stop_stage: stage }: StoredQueue, job: StoredJob) =>
  job.target === 'arango-connector' && (stage === 'loader' || stage === 'connector')

/** Moves a stop on when its stage is over, or has taken too long. */
export function advanceLiveStop(draft: Draft): void {
  const { queue, policy, now } = draft
  if (queue.stop_stage === undefined || queue.status !== 'running') return
  const lasted = queue.stop_stage_at === undefined ? 0 : now - queue.stop_stage_at
  switch (queue.stop_stage) {
    case 'loader':
      if (!writersOf(queue).every(hasEnded)) {
        if (lasted > policy.loaderStopMs) endRest(draft)
      } else if (isStage(queue)) endRest(draft)
      else enter(draft, 'connector')
      return
    case 'connector':
      if (lasted > policy.connectorStopMs) endRest(draft)
      return
    case 'all':
      if (lasted <= policy.loaderStopMs) return
      delete queue.stop_stage_at
      for (const job of queue.jobs) {
        if (isActive(job)) draft.commands.push({ do: 'cancel', target: job.target, attempt: job.attempt, grace_ms: policy.cancelGraceMs })
      }
      return
    default: queue.stop_stage satisfies never
  }
}

/** A connector that is told to stop stores what is on the topic and certifies it, without waiting for markers. */
function endRest(draft: Draft): void {
  const { queue } = draft
  enter(draft, 'all')
  if (queue.jobs.some(isActive)) tell(draft)
  for (const job of queue.jobs) if (!hasEnded(job) && !isActive(job)) endJob(draft, job, 'stopped', queue.stop_reason ?? '')
}

function enter(draft: Draft, stage: NonNullable<StoredQueue['stop_stage']>): void {
  draft.queue.stop_stage = stage
  draft.queue.stop_stage_at = draft.now
}

function tell(draft: Draft, target?: StoredJob['target']): void {
  const { queue_id, stop_reason: reason } = draft.queue
  draft.commands.push({
    do: 'publish', message: { command: 'stop', queue_id, timestamp: draft.now / 1000, ...(target && { target }), ...(reason !== undefined && { reason }) },
  })
}

/** Whoever writes to the data topic: all but its connector. */
const writersOf = (queue: StoredQueue) => queue.jobs.filter((job) => job.target !== 'arango-connector')
