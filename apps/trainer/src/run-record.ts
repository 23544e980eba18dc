import { type EpochReport, nextOpenTime, type StageSpec, type StreamForgeError, toStreamForgeError, type TrainingRun } from '@streamforge/contracts'
import type { BarRange, ModelRegistry, TimeSplit } from '@streamforge/models'
import type { EpochProgress } from '@streamforge/models/tensors'
import type { WorkerContext } from '@streamforge/service'
import type { TrainingStage } from './training-stage.ts'

/** The document of a run as it goes. A replay has none: its results are told in its last event. */
export interface RunRecord {
  current(): TrainingRun
  /** Writes it with these changes. */
  save(changes: Partial<TrainingRun>): Promise<void>
  /** The same where it may wait for the next save: a tracker that does not answer does not end a training. */
  trySave(changes: Partial<TrainingRun>): Promise<void>
}

export interface RunFacts {
  backend: string
  codeVersion: string
}

type Worker = Pick<WorkerContext<unknown>, 'now' | 'log'>

/** Begins the run, or goes on with that of an attempt before. */
export const openRun = (worker: Worker, registry: ModelRegistry, stage: TrainingStage, facts: RunFacts): Promise<RunRecord> =>
  openRunRecord(worker, registry, newRun(stage, facts, worker.now()), stage.spec.replay_of !== undefined)

/** The same of a run described by its first document. */
export async function openRunRecord(worker: Worker, registry: ModelRegistry, first: TrainingRun, isReplay: boolean): Promise<RunRecord> {
  const before = isReplay ? undefined : await registry.run(first.run_id)
  let run: TrainingRun = { ...first, ...(before && { started_at: before.started_at, epochs: before.epochs }) }
  const save = async (changes: Partial<TrainingRun>) => {
    run = { ...run, ...changes }
    if (!isReplay) run = await registry.saveRun(run)
  }
  await save({})
  return {
    current: () => run,
    save,
    trySave: (changes) => save(changes).catch((thrown: unknown) => {
      const error = toStreamForgeError(thrown)
      if (!error.retryable) throw error
      worker.log.warn({ err: error, code: error.code }, 'the run could not be written down; it is tried again after the next epoch')
    }),
  }
}

function newRun({ spec, pipeline, model, runId }: TrainingStage, { backend, codeVersion }: RunFacts, now: number): TrainingRun {
  const { parts, seed, ...training } = pipeline.training
  const { kinds, sectors: _sectors, ...graph } = pipeline.graph
  return {
    _key: runId, run_id: runId, queue_id: spec.queue_id, workflow_id: spec.workflow_id, model, status: 'running', kind: 'gnn',
    parameters: {
      ...withoutUndefined(training), parts: parts.join(' '), graph_kinds: kinds.join(' '),
      ...Object.fromEntries(Object.entries(graph).map(([name, value]) => [`graph_${name}`, value])),
    },
    backend, seed, code_version: codeVersion, feature_set: pipeline.feature_set, symbols: spec.symbols, interval: spec.interval,
    data: certifiedInputs(spec), epochs: [], started_at: now, message: 'reading features',
  }
}

/** Certificates of what a run is trained on. */
export const certifiedInputs = ({ inputs }: StageSpec): TrainingRun['data'] =>
  inputs.flatMap(({ queue_id, checksum }) => (checksum?.startsWith('sha256:') ? [{ queue_id, checksum }] : []))

const withoutUndefined = <T extends object>(values: T) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Record<string, string | number | boolean>

/** First instant of each part, and the end of its last bar. */
export function partTimes({ openTimes, spec: { interval } }: TrainingStage, split: TimeSplit): NonNullable<TrainingRun['parts']> {
  const times = ({ from, to }: BarRange) => ({ from: openTimes[from]!, to: nextOpenTime(openTimes[to - 1]!, interval) })
  return { train: times(split.train), validation: times(split.validation), test: times(split.test) }
}

export function epochReport({ epoch, epochs, loss, metrics, seconds, etaSeconds }: EpochProgress, at: number): EpochReport {
  return { epoch, epochs, loss, metrics, seconds, eta_seconds: etaSeconds, at }
}

/** The reports so far with this one: an epoch that is done again after a kill replaces its first report and those after it. */
export const withEpoch = (reports: readonly EpochReport[], report: EpochReport) => [...reports.filter(({ epoch }) => epoch < report.epoch), report]

/** What is written of a run that ends without a model. */
export const failureOf = (error: StreamForgeError, now: number): Partial<TrainingRun> => ({ status: 'failed', message: `${error.code}: ${error.message}`, finished_at: now })
