import type { Bus } from '@streamforge/bus'
import type { Launcher } from '@streamforge/launcher'
import type { Store } from '@streamforge/store'
import type { Logger } from 'pino'
import type { HealingPolicy } from '../healing/engine.ts'
import type { Leadership } from '../leadership/fencing.ts'
import type { InstrumentList } from '../plan/instrument-list.ts'
import type { QueuePolicy } from '../queue/queue-input.ts'
import type { OrchestratorMetrics } from './orchestrator-metrics.ts'

export interface OrchestratorOptions {
  bus: Bus
  store: Store
  launcher: Launcher
  instruments: InstrumentList
  policy: QueuePolicy
  /** By which right this one changes workflows; default: there is no other. */
  leadership?: Leadership
  log: Logger
  metrics: OrchestratorMetrics
  /** Milliseconds since the epoch. */
  now: () => number
  /** Uniform in [0, 1). */
  random: () => number
  /** Six hexadecimal digits. */
  newSuffix: () => string
  /** Workflows in progress that one caller may have; default 0: as many as they like. */
  maxWorkflowsPerCaller?: number
  /** Queues that run at once; the others wait. */
  maxActiveQueues: number
  /** Live queues that run at once, beside those; they end only when they are stopped. */
  maxLiveQueues: number
  /** Stages that run at once, beside those: each takes the machine for itself. */
  maxActiveStages: number
  /** Live queues of one workflow and venue whose workers share a process at most; default 1: each has its own. */
  liveGroupSize?: number
  /** How long the launch of a live queue waits for others of its group; default 200. */
  gatherMs?: number
  dataPartitions: number
  /** How long a data topic outlives its queue. */
  topicRetentionMs: number
  /** How long it does while messages of it lie in `dead-letters`, waiting to be redriven. */
  deadLetterRetentionMs: number
  /** How long the topic of a live queue keeps what all its consumers have had. */
  liveTopicRetentionMs: number
  /** Between looks for such messages; default 600,000. */
  trimMs?: number
  /** When circuits open, and how often workers may be launched again; default `healingDefaults`. */
  healing?: HealingPolicy
  /** Between looks at what the launcher knows, in milliseconds; default 30,000. */
  reconcileMs?: number
  /** Between looks at the clock; default 250. */
  tickMs?: number
  /** How long the venue is given to have over REST what it has just streamed; default 2000. */
  seamSettleMs?: number
  /** How long a live stage goes on after all that it follows has ended, in milliseconds; default 5000. */
  stageSettleMs?: number
  /** How long the exit of a job that was not killed waits for the job's last event; default 1000. */
  exitSettleMs?: number
}
