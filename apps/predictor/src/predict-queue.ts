import { createHash } from 'node:crypto'
import { publishMessages } from '@streamforge/bus'
import {
  canonicalForecast, canonicalForecastScore, catalog, forecastKey, forecastScoreKey, type ModelVersion, type StageResult, type StreamMarker, StreamForgeError,
} from '@streamforge/contracts'
import type { ModelRegistry } from '@streamforge/models'
import { openTensors, type Tensors } from '@streamforge/models/tensors'
import { readStageSpec, type WorkerContext, type WorkerResult } from '@streamforge/service'
import { type Champion, openChampion } from './champion.ts'
import { followFeatures, type FollowOptions } from './follow-features.ts'
import { forecastHistory } from './forecast-history.ts'
import { type ForecastModel, loadModel, type ModelLoader } from './forecast-model.ts'
import { type ForecastRun, openRun, type RunParts } from './forecast-run.ts'
import { type ForecastStage, forecastStage } from './forecast-stage.ts'
import { readMade, readStored } from './made-before.ts'
import { readTopic } from './read-topic.ts'
import { signalQueue, type SignalOptions } from './signal-queue.ts'

export interface PredictOptions extends FollowOptions, Pick<RunParts, 'onPublished'>, Pick<SignalOptions, 'onSignals'> {
  registry: ModelRegistry
  /** Default: WebAssembly, which forecasts one bar several times as fast as the native backend, and in less memory. */
  tensors?: Tensors
  /** Told of each model that is made ready, and of those that are refused. */
  onModel?: (version: number, ready: boolean) => void
}

/**
 * Of a pipeline trade_agent: signals, see {@link signalQueue}. Else forecasts the bars of a stage: those of its history that the network was not tuned on, and, where it is live, new ones as their features come.
 * @throws StreamForgeError STAGE_INPUT_MISSING, NOT_FOUND without a champion, MODEL_CORRUPT, MODEL_MISMATCH; of the bus and the store
 */
export async function predictQueue(worker: WorkerContext<unknown>, options: PredictOptions): Promise<WorkerResult> {
  const { assignment } = worker
  const store = await worker.store()
  const spec = await readStageSpec(store, assignment.queue_id)
  if (spec.pipeline.type === 'trade_agent') return signalQueue(worker, spec, options)
  const stage = forecastStage(spec)
  const tensors = options.tensors ?? await openTensors(process.env.TENSORS_BACKEND ? {} : { prefer: 'wasm' })
  const { symbols, interval } = stage.spec
  const loader: ModelLoader = { store, registry: options.registry, tensors, symbols, interval, featureSet: stage.featureSet }
  let notice = ''
  const champion = await openModel(worker, stage, loader, { ...options, onNotice: (text) => { notice = text } })
  try {
    const run = openRun({ worker, store, stage, champion, notice: () => notice, ...(options.onPublished && { onPublished: options.onPublished }) })
    await readMade(run)
    // Of a live topic the beginning may have been trimmed: what is not there any more is stored.
    if (stage.spec.live) await readStored(run)
    await forecastHistory(run)
    if (stage.spec.live) await followFeatures(run, options)
    return stage.spec.live ? run.progress() : await conclude(run)
  } finally {
    champion.close()
  }
}

/** Follows the champion, and says what is wrong with one that cannot be used; a replay has the very version that made the forecasts which it repeats. */
async function openModel(
  { log }: WorkerContext<unknown>, stage: ForecastStage, loader: ModelLoader, { registry, onModel, onNotice }: PredictOptions & { onNotice: (text: string) => void },
): Promise<Champion<ForecastModel>> {
  const load = (version: ModelVersion) => loadModel(loader, version)
  if (stage.repeatedVersion !== undefined) return pinned(await load(await repeatedVersion(registry, stage, stage.repeatedVersion)))
  return openChampion({
    registry, model: stage.model, load, log,
    onReady: ({ model, version }) => {
      log.info({ model, version, backend: loader.tensors.description }, 'model ready')
      onNotice('')
      onModel?.(version, true)
    },
    onRefused: (error, version) => {
      log.error({ err: error, code: error.code, remedy: error.remedy, model: stage.model, version }, 'the new champion cannot be used; the model before goes on')
      onNotice(`; version ${version} was made champion and cannot be used: ${error.code}: ${error.message}`)
      onModel?.(version, false)
    },
  })
}

async function repeatedVersion(registry: ModelRegistry, { model }: ForecastStage, number: number) {
  const version = await registry.version(model, number)
  if (version) return version
  throw new StreamForgeError('STAGE_INPUT_MISSING', `${model} version ${number}, which made the forecasts that are repeated, is not registered any more`, {
    remedy: 'run the workflow again instead of replaying it',
  })
}

const pinned = (model: ForecastModel): Champion<ForecastModel> => ({ forBar: () => model, follow: () => Promise.resolve(), close: () => model.dispose() })

/** Says in every partition that all is there, and what it came to: read from the topic, where the work of all attempts is. */
async function conclude(run: ForecastRun): Promise<WorkerResult> {
  const { bus, stage, made, worker: { assignment, signal } } = run
  const lines = new Map<string, string>()
  await readTopic(bus, assignment.kafka_topic, new Set(['forecast', 'forecast_score'] as const), (message) => {
    if (message.kind === 'forecast') lines.set(forecastKey(message), canonicalForecast(message))
    if (message.kind === 'forecast_score') lines.set(forecastScoreKey(message), canonicalForecastScore(message))
  }, signal)
  if (lines.size === 0) {
    throw new StreamForgeError('NO_DATA', `no bar from ${new Date(stage.firstBar).toISOString()} on has features that can be forecast`, { remedy: 'compute the features again, or choose a longer range' })
  }
  await publishMarkers(run, lines.size)
  const hash = createHash('sha256')
  for (const key of [...lines.keys()].sort()) hash.update(`${lines.get(key)}\n`)
  const { version } = run.champion.forBar()
  const { forecasts } = made.counts()
  const summary = `${forecasts} forecasts of ${stage.spec.symbols.length} symbols by ${version.model} version ${version.version}`
  const result: StageResult = { hash: `sha256:${hash.digest('hex')}`, summary, facts: { model: version.model, model_version: version.version, forecasts, records: lines.size } }
  return { ...run.progress(), records_written: lines.size, records_total: lines.size, message: summary, result }
}

async function publishMarkers({ bus, worker: { assignment } }: ForecastRun, records: number): Promise<void> {
  const { kafka_topic: topic, queue_id, attempt } = assignment
  const { partitions } = await bus.admin.describeTopic(topic)
  await publishMessages(bus, catalog.data, partitions.map(({ partition }): StreamMarker => (
    { kind: 'end_of_stream', queue_id, attempt, shard: 0, shards: 1, partition, records: partition === 0 ? records : 0 })), { topic })
}
