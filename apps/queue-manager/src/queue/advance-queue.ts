import type { QueueCommand, StoredQueue } from '@streamforge/contracts'
import { applyEvent } from './apply-event.ts'
import { endJob, failJob, launchJob, loseJob } from './launch-job.ts'
import {
  isActive, isStage, isWaitingForLive, ownsTopic, type AdvanceContext, type Draft, type QueueInput, type StoredJob,
} from './queue-input.ts'
import { meetLive } from './meet-live.ts'
import { retryQueue } from './retry-queue.ts'
import { lastHeard } from './shard-reports.ts'
import { advanceLiveStop, isDraining, loaderEndedShort } from './stop-live-queue.ts'
import { endWithInputs, requestStop, settleQueue } from './stop-queue.ts'

/**
 * The whole life of a queue: its next state and what is to be done, from its state and what happened. Pure; repeated and late
 * inputs change nothing. The commands are in the new state's outbox already, and are given for those who want only the new ones.
 */
export function advance(queue: StoredQueue, input: QueueInput, context: AdvanceContext): { queue: StoredQueue; commands: QueueCommand[] } {
  const draft: Draft = { ...context, queue: structuredClone(queue), commands: [] }
  apply(draft, input)
  advanceLiveStop(draft)
  settleQueue(draft)
  const next = draft.queue
  for (const command of draft.commands) next.outbox.push({ id: next.next_command++, command })
  next.has_outbox = next.outbox.length > 0
  return { queue: next, commands: draft.commands }
}

function apply(draft: Draft, input: QueueInput): void {
  const { queue } = draft
  switch (input.kind) {
    case 'start': return startQueue(draft)
    case 'event': return applyEvent(draft, input.event)
    case 'exited': return applyExit(draft, input)
    case 'launch-failed': return applyLaunchFailure(draft, input)
    case 'tick': return queue.jobs.forEach((job) => tickJob(draft, job, input.listeningSince))
    case 'stop': return requestStop(draft, input.reason)
    case 'retry': return retryQueue(draft)
    case 'meet': return meetLive(draft, input)
    case 'inputs-ended': return endWithInputs(draft, input.reason)
    case 'delete-topic': return deleteTopic(draft)
    case 'carried-out':
      queue.outbox = queue.outbox.filter((entry) => !input.ids.includes(entry.id))
      return
    default: input satisfies never
  }
}

function startQueue(draft: Draft): void {
  const { queue } = draft
  if (queue.status !== 'pending' || isWaitingForLive(queue)) return
  queue.status = 'running'
  if (ownsTopic(queue)) {
    queue.topic_deleted = false
    // What stages make is read in the order of its bars, of all symbols: one partition keeps it.
    draft.commands.push({ do: 'create-topic', topic: queue.kafka_topic, ...(isStage(queue) && { partitions: 1 }) })
  }
  for (const job of queue.jobs) if (job.status === 'pending') launchJob(draft, job)
}

const exitBadConfig = 78

function applyExit(draft: Draft, { target, attempt, state }: Extract<QueueInput, { kind: 'exited' }>): void {
  const job = draft.queue.jobs.find((j) => j.target === target)
  if (!job || job.attempt !== attempt || !isActive(job)) return
  if (draft.queue.stop_reason !== undefined && !isDraining(draft.queue, job)) {
    endJob(draft, job, 'stopped', draft.queue.stop_reason)
    return loaderEndedShort(draft, job)
  }
  if (state.status === 'failed' && state.exitCode === exitBadConfig) {
    return failJob(draft, job, {
      code: 'BAD_CONFIG', message: `${target} refused its configuration (exit code ${exitBadConfig})`, retryable: false,
      remedy: "its log in the data directory's jobs folder names the variable",
    })
  }
  // Its last event may still come; a `finished` among them wins over this.
  const how = state.status === 'failed' ? state.reason : 'ended without saying that it had finished'
  loseJob(draft, job, { code: 'WORKER_LOST', message: `${target}, attempt ${attempt}: ${how}`, retryable: true })
}

function applyLaunchFailure(draft: Draft, { target, attempt, error }: Extract<QueueInput, { kind: 'launch-failed' }>): void {
  const job = draft.queue.jobs.find((j) => j.target === target)
  if (!job || job.attempt !== attempt || job.status !== 'launching') return
  if (draft.queue.stop_reason !== undefined && !isDraining(draft.queue, job)) {
    endJob(draft, job, 'stopped', draft.queue.stop_reason)
    loaderEndedShort(draft, job)
  } else if (error.retryable) loseJob(draft, job, error)
  else failJob(draft, job, error)
}

function tickJob(draft: Draft, job: StoredJob, listeningSince: number): void {
  const { now, policy, queue } = draft
  if (queue.status !== 'running') return
  if (job.status === 'waiting' && now >= (job.relaunch_at ?? 0)) {
    if (job.attempts_without_progress >= queue.max_attempts) exhaust(draft, job)
    else launchJob(draft, job)
  } else if (isActive(job) && (queue.stop_reason === undefined || isDraining(queue, job))) {
    const { at, starting, who } = lastHeard(job, queue.shards)
    const silentMs = now - Math.max(at, listeningSince)
    if (silentMs <= (starting ? policy.launchTimeoutMs : policy.silenceMs)) return
    draft.commands.push({ do: 'cancel', target: job.target, attempt: job.attempt, grace_ms: policy.cancelGraceMs })
    loseJob(draft, job, {
      code: 'WORKER_SILENT', retryable: true,
      message: `${who}, attempt ${job.attempt}: not heard for ${Math.round(silentMs / 1000)} s`,
    })
  }
}

function exhaust(draft: Draft, job: StoredJob): void {
  const last = job.error?.message ?? job.message
  failJob(draft, job, {
    code: 'ATTEMPTS_EXHAUSTED', retryable: false,
    message: `${job.target}: ${job.attempts_without_progress} attempts in a row made no progress; the last: ${last}`,
    remedy: job.error?.remedy ?? `when the cause is gone, POST /workflows/${draft.queue.workflow_id}/retry goes on from the last checkpoint`,
  })
}

function deleteTopic(draft: Draft): void {
  const { queue } = draft
  if (queue.topic_deleted || queue.status === 'pending' || queue.status === 'running') return
  queue.topic_deleted = true
  draft.commands.push({ do: 'delete-topic', topic: queue.kafka_topic })
}
