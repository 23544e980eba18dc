import { endJob, stopJobs } from './launch-job.ts'
import { isActive, isLive, type Draft } from './queue-input.ts'
import { beginLiveStop } from './stop-live-queue.ts'

/** Asks every job to stop. The queue is stopped once they are gone. */
export function requestStop(draft: Draft, reason: string): void {
  const { queue } = draft
  if (queue.stop_reason !== undefined || (queue.status !== 'pending' && queue.status !== 'running')) return
  queue.stop_reason = reason
  if (isLive(queue) && queue.status === 'running') return beginLiveStop(draft)
  if (queue.jobs.some(isActive)) {
    const { queue_id } = queue
    draft.commands.push({ do: 'publish', message: { command: 'stop', queue_id, reason, timestamp: draft.now / 1000 } })
  }
  stopJobs(draft, reason)
}

/** What a live stage follows is over: it stops as it would by request, and has finished when it has. */
export function endWithInputs(draft: Draft, reason: string): void {
  const { queue } = draft
  if (queue.status !== 'running' || !isLive(queue) || queue.stop_reason !== undefined) return
  queue.inputs_ended = true
  requestStop(draft, reason)
}

/** Works out the queue's state from its jobs'. One failed job ends the queue: the others would wait for it forever. */
export function settleQueue(draft: Draft): void {
  const { queue } = draft
  if (queue.status !== 'running' && queue.status !== 'pending') return
  if (queue.jobs.some((j) => j.status === 'failed')) {
    stopJobs(draft, 'cancelled: another job of the queue failed')
    for (const job of queue.jobs) if (isActive(job)) endJob(draft, job, 'stopped', 'cancelled: another job of the queue failed')
    end(draft, 'failed')
  } else if (queue.jobs.every((j) => j.status === 'finished')) {
    end(draft, isLive(queue) && queue.stop_reason !== undefined && !queue.inputs_ended ? 'stopped' : 'finished')
  } else if (queue.stop_reason !== undefined && queue.jobs.every((j) => j.status === 'stopped' || j.status === 'finished')) {
    if (queue.inputs_ended) for (const job of queue.jobs) job.status = 'finished'
    end(draft, queue.inputs_ended ? 'finished' : 'stopped')
  }
}

function end(draft: Draft, status: 'finished' | 'failed' | 'stopped'): void {
  draft.queue.status = status
  draft.queue.ended_at = draft.now
}
