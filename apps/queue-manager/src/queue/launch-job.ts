import type { StartCommand } from '@streamforge/contracts'
import { backoffMs, comesBackAtOnce } from '../healing/backoff.ts'
import { countsAsAttempt } from '../healing/decide-relaunch.ts'
import { recordDecision } from '../healing/record-decision.ts'
import { hasEnded, type Draft, type StoredJob } from './queue-input.ts'

/** Starts the job's next attempt, after making sure that the one before is gone. */
export function launchJob(draft: Draft, job: StoredJob): void {
  const { commands, policy } = draft
  if (job.attempt > 0) commands.push({ do: 'cancel', target: job.target, attempt: job.attempt, grace_ms: policy.cancelGraceMs })
  job.attempt += 1
  job.status = 'launching'
  job.message = job.attempt === 1 ? 'launching' : `launching attempt ${job.attempt}`
  job.started_at ??= draft.now
  // The launch counts as a sign of life: silence is measured from here.
  job.last_event_at = draft.now
  job.progress_at = draft.now
  for (const field of ['relaunch_at', 'finished_at', 'held_by', 'disconnected_since'] as const) delete job[field]
  const start = startCommand(draft, job)
  commands.push({ do: 'publish', message: start }, { do: 'launch', start })
}

function startCommand({ queue, policy, now }: Draft, job: StoredJob): StartCommand {
  return {
    command: 'start', workflow_id: queue.workflow_id, queue_id: queue.queue_id, target: job.target, venue: queue.venue,
    symbol: queue.symbol, type: queue.type, time_range: queue.time_range, kafka_topic: queue.kafka_topic,
    collection_name: queue.collection_name, telemetry_id: job.telemetry_id, attempt: job.attempt, source: queue.source,
    shards: queue.shards, checkpoint: job.checkpoint, image: policy.imageFor(job.target, queue.type), timestamp: now / 1000,
    ...(queue.topic_of !== undefined && { topic_of: queue.topic_of }),
    ...(queue.traceparent !== undefined && { traceparent: queue.traceparent }),
  }
}

/** The attempt is over without success. Whether there will be another is decided when its wait is over. */
export function loseJob(draft: Draft, job: StoredJob, error: NonNullable<StoredJob['error']>): void {
  const { policy, queue } = draft
  const counts = countsAsAttempt(queue, error.code, draft.healing)
  if (counts) job.attempts_without_progress += 1
  job.status = 'waiting'
  job.error = error
  job.message = error.message
  const wait = counts && comesBackAtOnce(error.code, job.attempts_without_progress) ? 0
    : backoffMs(job.attempts_without_progress, { initialMs: policy.backoffInitialMs, maxMs: policy.backoffMaxMs }, draft.random)
  job.relaunch_at = draft.now + wait
  const due = wait === 0 ? 'now' : `in ${(wait / 1000).toFixed(1)} s`
  const then = counts ? `its next attempt is due ${due}` : 'this fails many now, so that it does not count as an attempt'
  recordDecision(draft, job, { action: 'wait', code: error.code, reason: `${error.message}; ${then}`, relaunch_at: job.relaunch_at })
}

export function endJob(draft: Draft, job: StoredJob, status: 'finished' | 'failed' | 'stopped', message: string): void {
  job.status = status
  job.message = message
  job.finished_at = draft.now
  delete job.relaunch_at
  delete job.held_by
}

export function failJob(draft: Draft, job: StoredJob, error: NonNullable<StoredJob['error']>): void {
  job.error = error
  recordDecision(draft, job, { action: 'give_up', code: error.code, reason: error.remedy === undefined ? error.message : `${error.message}; ${error.remedy}` })
  endJob(draft, job, 'failed', error.message)
}

/** Stops every job that has not ended: those without a process at once, the others as soon as they are gone. */
export function stopJobs(draft: Draft, reason: string): void {
  for (const job of draft.queue.jobs) {
    if (hasEnded(job)) continue
    if (job.status === 'launching' || job.status === 'running') {
      draft.commands.push({ do: 'cancel', target: job.target, attempt: job.attempt, grace_ms: draft.policy.cancelGraceMs })
    } else endJob(draft, job, 'stopped', reason)
  }
}
