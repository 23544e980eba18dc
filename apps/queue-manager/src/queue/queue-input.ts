import { isStageType, parseDataType, parseStageType, type QueueType, type EventError, type QueueCommand, type Shard, type StoredQueue, type Target, type WorkerEvent } from '@streamforge/contracts'
import type { JobState } from '@streamforge/launcher'
import type { HealingView } from '../healing/decide-relaunch.ts'
import type { Listening } from './silence.ts'

/** Everything that can happen to a queue. */
export type QueueInput =
  | { kind: 'start' }
  | { kind: 'event'; event: WorkerEvent }
  /** A job's process is gone. What it had to say may still be on its way through queue-events. */
  | { kind: 'exited'; target: Target; attempt: number; state: Exclude<JobState, { status: 'running' }> }
  | { kind: 'launch-failed'; target: Target; attempt: number; error: EventError }
  /** Silence says nothing while nobody could be heard. */
  | ({ kind: 'tick' } & Listening)
  | { kind: 'stop'; reason: string }
  | { kind: 'retry' }
  /** Where live began is known: history that leads up to it may start. No shards: there is nothing before it. */
  | { kind: 'meet'; to: number; shards: readonly Shard[] }
  /** What a live stage follows has come to its end, so that it comes to its own. */
  | { kind: 'inputs-ended'; reason: string }
  | { kind: 'delete-topic' }
  /** These commands of the outbox have been carried out. */
  | { kind: 'carried-out'; ids: readonly number[] }

export interface QueuePolicy {
  backoffInitialMs: number
  backoffMaxMs: number
  /** A running job that says nothing for so long is replaced. Three heartbeats. */
  silenceMs: number
  /** A launched job must be heard within this. */
  launchTimeoutMs: number
  /** Between SIGTERM and SIGKILL. */
  cancelGraceMs: number
  /** A live queue that stops: its loader may take so long to write what it has. */
  loaderStopMs: number
  /** Then its connector so long to store and certify all of it. */
  connectorStopMs: number
  /** A worker that gets no further for so long is replaced; undefined: never. */
  progressMs?: number
  imageFor: (target: Target, type: QueueType) => string
}

export interface AdvanceContext {
  /** Milliseconds since the epoch. */
  now: number
  /** Uniform in [0, 1). */
  random: () => number
  policy: QueuePolicy
  /** What is known beyond the queue; undefined: nothing. */
  healing?: HealingView | undefined
}

/** A queue being changed: a copy of its own, and the commands that the change asks for. */
export interface Draft extends AdvanceContext {
  queue: StoredQueue
  commands: QueueCommand[]
}

export type StoredJob = StoredQueue['jobs'][number]

/** A live queue goes on until it is stopped, or its range ends. */
export const isLive = ({ type, live }: Pick<StoredQueue, 'type' | 'live'>) => (isStageType(type) ? live === true : parseDataType(type).source === 'ws')
export const isStage = (queue: Pick<StoredQueue, 'type'>) => isStageType(queue.type)
/** Graphs and models go straight into the store; everything else passes a data topic. */
const hasTopic = ({ type }: Pick<StoredQueue, 'type'>) => !isStageType(type) || ['features', 'forecast'].includes(parseStageType(type).stage)
/** Whether the data topic comes and goes with the queue. A replay reads that of another queue. */
export const ownsTopic = (queue: Pick<StoredQueue, 'type' | 'topic_of'>) => hasTopic(queue) && queue.topic_of === undefined
/** Whether the queue's records are stored and certified by a connector. */
export const isCertified = (queue: Pick<StoredQueue, 'jobs'>) => queue.jobs.some((j) => j.target === 'arango-connector')
/** History whose end is not known yet: see `meet`. */
export const isWaitingForLive = (queue: StoredQueue) => queue.ends_at_queue !== undefined && queue.to === undefined

/** Launched and not known to be gone. */
export const isActive = (job: StoredJob) => job.status === 'launching' || job.status === 'running'
/** Nothing more will happen to it by itself. */
export const hasEnded = (job: { status: string }) => job.status === 'finished' || job.status === 'failed' || job.status === 'stopped'
