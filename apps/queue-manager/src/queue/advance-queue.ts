import type { QueueCommand, StoredQueue } from '@streamforge/contracts'
import { decideRelaunch } from '../healing/decide-relaunch.ts'
import { findStuck } from '../healing/find-stuck.ts'
import { recordDecision } from '../healing/record-decision.ts'
import { countRelaunch } from '../healing/relaunch-budget.ts'
import { applyEvent } from './apply-event.ts'
import { endJob, failJob, launchJob, loseJob } from './launch-job.ts'
import {
  isActive, isStage, isWaitingForLive, ownsTopic, type AdvanceContext, type Draft, type QueueInput, type StoredJob,
} from './queue-input.ts'
import { meetLive } from './meet-live.ts'
import { retryQueue } from './retry-queue.ts'
import { lastHeard } from './shard-reports.ts'
import { silentMs, type Listening } from './silence.ts'
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
    case 'tick': return queue.jobs.forEach((job) => tickJob(draft, job, input))
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

function tickJob(draft: Draft, job: StoredJob, listening: Listening): void {
  const { queue } = draft
  if (queue.status !== 'running') return
  if (job.status === 'waiting') return relaunch(draft, job)
  if (!isActive(job) || (queue.stop_reason !== undefined && !isDraining(queue, job))) return
  const found = findUseless(draft, job, listening)
  if (!found) return
  draft.commands.push({ do: 'cancel', target: job.target, attempt: job.attempt, grace_ms: Math.min(uselessGraceMs, draft.policy.cancelGraceMs) })
  loseJob(draft, job, found)
}

/** Who has said nothing for three heartbeats will hardly answer to SIGTERM, and its successor waits until it is gone. */
const uselessGraceMs = 1_000

/** A worker that does not end by itself and does not work either. */
function findUseless(draft: Draft, job: StoredJob, listening: Listening): StoredJob['error'] {
  const { queue, now, policy } = draft
  const { at, starting, who } = lastHeard(job, queue.shards)
  const silent = silentMs(listening, heard(draft, at), now)
  if (silent > (starting ? policy.launchTimeoutMs : policy.silenceMs)) {
    return { code: 'WORKER_SILENT', retryable: true, message: `${who}, attempt ${job.attempt}: not heard for ${Math.round(silent / 1000)} s` }
  }
  const stuck = policy.progressMs === undefined ? undefined : findStuck(queue, job)
  const stuckMs = silentMs(listening, heard(draft, stuck?.since ?? now), now)
  if (!stuck || stuckMs <= (policy.progressMs ?? Infinity)) return undefined
  return { code: 'WORKER_STUCK', retryable: true, message: `${job.target}, attempt ${job.attempt}: ${stuck.why} for ${Math.round(stuckMs / 1000)} s` }
}

/** A worker that was lost comes back, waits on, or is given up. */
function relaunch(draft: Draft, job: StoredJob): void {
  const { queue, now, policy } = draft
  // No wait is longer: it was set before somebody set the clock back.
  if ((job.relaunch_at ?? 0) - now > policy.backoffMaxMs) job.relaunch_at = now
  const decision = decideRelaunch(queue, job, now, draft.healing)
  switch (decision.do) {
    case 'wait': return
    case 'hold':
      if (job.held_by === decision.circuit.circuit) return
      job.held_by = decision.circuit.circuit
      return recordDecision(draft, job, { action: 'hold', reason: `waits for ${job.held_by}: ${decision.circuit.reason}`, circuit: job.held_by, ...(job.error && { code: job.error.code }) })
    case 'relaunch':
    case 'probe': {
      const why = job.error?.message ?? job.message
      queue.relaunches = countRelaunch(queue.relaunches, now)
      launchJob(draft, job)
      return decision.do === 'probe'
        ? recordDecision(draft, job, { action: 'probe', reason: `tries whether ${decision.circuit.circuit} works again`, circuit: decision.circuit.circuit })
        : recordDecision(draft, job, { action: 'relaunch', reason: `from its checkpoint, after: ${why}` })
    }
    case 'give_up':
      return failJob(draft, job, {
        code: decision.code, retryable: false, message: decision.message,
        remedy: job.error?.remedy ?? `when the cause is gone, POST /workflows/${queue.workflow_id}/retry goes on from the last checkpoint`,
      })
    default: decision satisfies never
  }
}

function deleteTopic(draft: Draft): void {
  const { queue } = draft
  if (queue.topic_deleted || queue.status === 'pending' || queue.status === 'running') return
  queue.topic_deleted = true
  draft.commands.push({ do: 'delete-topic', topic: queue.kafka_topic })
}

/** What was heard long after now was heard before somebody set the clock back: that is no sign of life. */
const heard = ({ now, policy }: Draft, at: number) => (at - now > policy.silenceMs ? 0 : at)
