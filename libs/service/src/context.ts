import type { Assignment, CoverageCertificate, Checkpoint, StageResult } from '@streamforge/contracts'
import type { Bus } from '@streamforge/bus'
import type { ObjectStore } from '@streamforge/objects'
import type { Store } from '@streamforge/store'
import type { TimeSeries } from '@streamforge/timeseries'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Tracing } from './tracing/tracing.ts'

/** What runService and runWorker hand to a service's own code. */
export interface ServiceContext<Config> {
  readonly name: string
  readonly config: Config
  readonly log: Logger
  readonly bus: Bus
  /** Connects on first use; closed by the runner. */
  readonly store: () => Promise<Store>
  /** Connects on first use; closed by the runner. */
  readonly objects: () => Promise<ObjectStore>
  /** Connects on first use; closed by the runner. */
  readonly series: () => Promise<TimeSeries>
  readonly metrics: Registry
  readonly tracing: Tracing
  /** Aborts on SIGTERM or SIGINT, on a stop command, and when this worker has been replaced. */
  readonly signal: AbortSignal
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** /readyz answers 200 only while every named condition holds. */
  readonly setReady: (condition: string, ready: boolean) => void
}

export interface WorkerProgress {
  records_written: number
  records_total?: number
  duplicates?: number
  dead_lettered?: number
  checkpoint?: Checkpoint
  message?: string
  /** Of a live loader: whether its connection to the venue is open. */
  connected?: boolean
  /** Of a training, as they stand: epoch, loss and the like. */
  metrics?: Record<string, number>
  /** Of live data, which has one before it ends: sent once, with the next event. */
  certificate?: CoverageCertificate
}

export interface WorkerContext<Config> extends ServiceContext<Config> {
  readonly assignment: Assignment
  /**
   * Remembers the newest totals and sends them as a `loading` event at most once a second (a heartbeat repeats them every 5 s when
   * nothing changed). Call it as often as you like; it never waits. The checkpoint must only say what the bus has acknowledged.
   */
  readonly progress: (progress: WorkerProgress) => void
}

/** What a worker's function resolves with; the runner sends it in the `finished` event. */
export interface WorkerResult extends WorkerProgress {
  /** What a stage came to. A stage without a connector must have one. */
  result?: StageResult
}
