import type { StoredQueue } from '@streamforge/contracts'
import { hasEnded, isLive, ownsTopic, type Draft } from './queue-input.ts'

/**
 * Makes a failed or stopped queue pending again. Jobs go on from their checkpoints and finished ones stay finished, unless
 * what is on the topic is gone or does not add up: then everything is loaded again, which changes nothing in what is stored.
 */
export function retryQueue(draft: Draft): void {
  const { queue } = draft
  if (queue.status !== 'failed' && queue.status !== 'stopped') return
  // Live data cannot be had again: what is on the topic is all there is, and the loader fetches what came meanwhile.
  const live = isLive(queue)
  const anew = !live && mustStartOver(queue)
  if (anew) draft.commands.push(ownsTopic(queue) ? { do: 'delete-topic', topic: queue.kafka_topic } : { do: 'forget-reading' })
  for (const job of queue.jobs) {
    if (anew) {
      Object.assign(job, { checkpoint: [], records_written: 0, duplicates: 0, dead_lettered: 0 })
      delete job.shards
    }
    if (!anew && !live && job.status === 'finished') continue
    if (hasEnded(job)) Object.assign(job, { status: 'pending', message: 'waiting for its turn', attempts_without_progress: 0 })
    delete job.error
    delete job.finished_at
    delete job.relaunch_at
    delete job.held_by
  }
  queue.status = 'pending'
  delete queue.stop_reason
  delete queue.stop_stage
  delete queue.stop_stage_at
  delete queue.inputs_ended
  delete queue.relaunches
  delete queue.certificate
  if (anew) {
    delete queue.result
    delete queue.metrics
  }
  delete queue.ended_at
}

function mustStartOver(queue: StoredQueue): boolean {
  const { certificate, jobs } = queue
  const mismatch = jobs.some((j) => j.error?.code === 'RECONCILIATION_MISMATCH')
  const lostWithoutTrace = certificate !== undefined && !certificate.complete && certificate.dead_lettered === 0
  return (ownsTopic(queue) && queue.topic_deleted) || mismatch || lostWithoutTrace
}
