import { barGrid, type ModelVersion, type Scores, type StageResult, type TrainingRun } from '@streamforge/contracts'
import type { ModelRegistry } from '@streamforge/models'
import { compareForecasters, networkNames, type Comparison, type ComparisonInput, type NetworkName } from '@streamforge/models/comparison'
import { type EpochProgress, hashOfGnn, openTensors, type Tensors } from '@streamforge/models/tensors'
import type { ObjectStore } from '@streamforge/objects'
import { readStageSpec, type WorkerContext, type WorkerProgress, type WorkerResult } from '@streamforge/service'
import type { Store } from '@streamforge/store'
import { judgeChallenger } from './judge-challenger.ts'
import { modelFiles } from './model-files.ts'
import { noteFailure } from './note-failure.ts'
import { deleteCheckpoints, objectCheckpoints } from './object-checkpoints.ts'
import { readTrainingData, type TrainingData } from './read-training-data.ts'
import { epochReport, openRun, partTimes, type RunRecord, withEpoch } from './run-record.ts'
import { trainingStage, type TrainingStage } from './training-stage.ts'

export interface TrainStageOptions {
  worker: WorkerContext<unknown>
  store: Store
  objects: ObjectStore
  registry: ModelRegistry
  codeVersion: string
  /** Default: the fastest backend that loads. */
  tensors?: Tensors
}

interface Job extends TrainStageOptions {
  stage: TrainingStage
  tensors: Tensors
  run: RunRecord
}

/**
 * Trains the network of a stage beside its baselines, registers it, and decides whether it becomes champion. Killed anywhere, the next attempt goes on from
 * the last epoch and comes to the same model.
 */
export async function trainStage(options: TrainStageOptions): Promise<WorkerResult> {
  const { worker, store, registry, codeVersion } = options
  const stage = trainingStage(await readStageSpec(store, worker.assignment.queue_id))
  const tensors = options.tensors ?? await openTensors({ onFallback: (backend, reason) => worker.log.info({ backend, reason }, 'a faster tensors backend is not used') })
  worker.log.info({ backend: tensors.description }, 'tensors backend chosen')
  const run = await openRun(worker, registry, stage, { backend: tensors.description, codeVersion })
  const job: Job = { ...options, stage, tensors, run }
  try {
    const registered = stage.spec.replay_of === undefined ? await registry.versionOfRun(stage.runId) : undefined
    return registered ? await conclude(job, registered, doneBefore(job)) : await train(job)
  } catch (thrown) {
    await noteFailure(worker, run, thrown)
    throw thrown
  }
}

async function train(job: Job): Promise<WorkerResult> {
  const { worker, store, stage, run } = job
  const data = await readTrainingData(store, stage, {
    signal: worker.signal, onRead: (rows) => worker.progress({ records_written: doneBefore(job), message: `${rows} rows of features read` }),
  })
  await run.trySave({ parts: partTimes(stage, data.split), ...(data.graphVersion !== undefined && { graph_version: data.graphVersion }), message: 'training' })
  const blockBars = blockLength(stage, data)
  const comparison = await compareForecasters({
    ...data, tensors: job.tensors, training: stage.pipeline.training, blockBars, signal: worker.signal,
    checkpoints: (network) => objectCheckpoints(job.objects, stage.runId, network, (reason) => worker.log.warn({ network, reason }, 'a checkpoint is not used')),
    onStart: (forecaster) => worker.log.info({ forecaster }, 'forecaster begins'),
    ...followEpochs(job),
  })
  worker.signal.throwIfAborted()
  const epochs = comparison.gru.history.length + comparison.gnn.history.length
  return stage.spec.replay_of === undefined ? conclude(job, await register(job, data, comparison, blockBars), epochs) : resultOf(replayed(comparison), epochs)
}

/** Tells each epoch: of the network and of the GRU beside it, whose epochs count in what is written and left. */
function followEpochs({ worker, stage, run }: Job): Pick<ComparisonInput, 'onEpoch' | 'onTrained'> {
  const { epochs: most } = stage.pipeline.training
  const done: Record<NetworkName, number> = { gru: 0, gnn: 0 }
  return {
    async onEpoch(network, progress) {
      done[network] = progress.epoch
      if (network === 'gnn') await run.trySave({ epochs: withEpoch(run.current().epochs, epochReport(progress, worker.now())) })
      worker.progress({ ...epochsDone(done), records_total: 2 * most, ...toldOf(network, progress) })
    },
    onTrained(network, { history }) {
      done[network] = history.length
      worker.progress(epochsDone(done))
    },
  }
}

function epochsDone({ gru, gnn }: Record<NetworkName, number>): Pick<WorkerProgress, 'records_written' | 'checkpoint'> {
  const records = gru + gnn
  return { records_written: records, checkpoint: [{ shard: 0, position: records, records, done: false }] }
}

function toldOf(network: NetworkName, { epoch, epochs, loss, metrics, seconds, etaSeconds }: EpochProgress): Pick<WorkerProgress, 'metrics' | 'message'> {
  const eta = etaSeconds + (network === 'gru' ? seconds * epochs : 0)
  return {
    metrics: numbers({ network: networkNames.indexOf(network), epoch, epochs, loss, validation_loss: metrics.loss, validation_rank_ic: metrics.rank_ic, eta_seconds: eta }),
    message: `${network === 'gnn' ? 'network' : 'GRU without graph'}: epoch ${epoch} of ${epochs}, loss ${loss.toFixed(4)}, validation ${metrics.loss?.toFixed(4)}, at most ${Math.ceil(eta)} s left`,
  }
}

const numbers = (values: Record<string, number | undefined>) =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined && Number.isFinite(entry[1])))

const doneBefore = ({ worker }: Job) => worker.assignment.checkpoint.reduce((sum, { records }) => sum + records, 0)

/** A day of trading, so that what belongs to hours of the day stays together; fewer bars where the test part would have fewer than ten blocks. */
function blockLength({ spec: { venue, interval }, pipeline: { training } }: TrainingStage, { split: { test } }: TrainingData): number {
  return Math.max(training.horizon_bars, 1, Math.min(barGrid(venue, interval).barsADay, Math.floor((test.to - test.from) / 10)))
}

async function register(job: Job, data: TrainingData, comparison: Comparison, blockBars: number): Promise<ModelVersion> {
  const { worker, registry, stage, run, tensors } = job
  const { gnn, forecasts, scores: { gnn: scores, ...baselines } } = comparison
  const { promoted, reason, championBefore } = await judgeChallenger({
    registry, tensors, log: worker.log, model: stage.model, data, forecast: forecasts.gnn, bootstrap: { blockBars, resamples: 1000, seed: stage.pipeline.training.seed },
  })
  const described: TrainingRun = { ...run.current(), scores: comparison.scores }
  const parts = partTimes(stage, data.split)
  return registry.registerVersion({
    model: stage.model, run_id: stage.runId, queue_id: stage.spec.queue_id, workflow_id: stage.spec.workflow_id, hash: hashOfGnn(gnn.model),
    feature_set: stage.pipeline.feature_set, symbols: stage.spec.symbols, interval: stage.spec.interval, horizon_bars: gnn.model.horizonBars,
    window_bars: gnn.model.architecture.window, ...(data.graphVersion !== undefined && { graph_version: data.graphVersion }), scores, baselines,
    held_out: parts.test, promotion: { promoted, reason, ...(championBefore !== undefined && { champion_before: championBefore }) }, created_at: worker.now(),
  }, modelFiles(comparison, described))
}

/** What is left once a version is registered; done again by another attempt, it changes nothing. */
async function conclude(job: Job, version: ModelVersion, epochs: number): Promise<WorkerResult> {
  const { worker, registry, objects, stage, run } = job
  const { promoted, reason, champion_before } = version.promotion
  // Somebody may have promoted another one meanwhile: then theirs stays.
  const took = promoted && await registry.setAlias({ model: version.model, alias: 'champion', version: version.version, reason, expected: { version: champion_before } })
  if (!took) await registry.setAlias({ model: version.model, alias: 'challenger', version: version.version, reason })
  await run.save({
    status: 'finished', scores: { gnn: version.scores, ...version.baselines }, model_version: version.version, finished_at: worker.now(),
    ...(version.graph_version !== undefined && { graph_version: version.graph_version }), message: reason,
  })
  await deleteCheckpoints(objects, stage.runId, networkNames)
  return resultOf({
    hash: version.hash, scores: version.scores, title: `${version.model} version ${version.version}${took ? ', now champion' : ''}`,
    facts: { model: version.model, model_version: version.version, run_id: version.run_id, promoted: took, reason },
  }, epochs)
}

interface Outcome {
  hash: string
  scores: Scores
  title: string
  facts: Record<string, string | number | boolean>
}

const replayed = ({ gnn, scores }: Comparison): Outcome => ({ hash: hashOfGnn(gnn.model), scores: scores.gnn, title: 'the network trained again', facts: { replay: true } })

function resultOf({ hash, scores, title, facts }: Outcome, epochs: number): WorkerResult {
  const figures = Object.fromEntries(Object.entries(scores).map(([name, { value }]) => [name, value]))
  const { rank_ic } = scores
  const summary = `${title}${rank_ic ? `; RankIC ${rank_ic.value.toFixed(4)} [${rank_ic.low.toFixed(4)}, ${rank_ic.high.toFixed(4)}] on held-out bars` : ''}`
  const result: StageResult = { hash, summary, facts: { ...figures, ...facts } }
  return { records_written: epochs, records_total: epochs, message: summary, metrics: figures, result }
}
