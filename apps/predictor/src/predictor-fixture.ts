import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, connectBus, ensureTopics, publishMessages } from '@streamforge/bus'
import {
  type Assignment, assignmentToEnv, catalog, DataMessage, featureKey, type FeatureRow, featureSets, type Forecast, type ForecastScore, type ModelVersion, Pipeline,
  recordKey, type StageInput, StageSpec, type StreamMarker,
} from '@streamforge/contracts'
import { type ModelRegistry, openModelRegistry, seededRandom } from '@streamforge/models'
import { createGnn, encodeGnn, hashOfGnn, openTensors, type GnnModel, type Tensors } from '@streamforge/models/tensors'
import { connectObjects, type ObjectStore } from '@streamforge/objects'
import { executeWorker, type StopCause, type WorkerOutcome } from '@streamforge/service'
import { connectStore, type Store } from '@streamforge/store'
import { type PredictOptions, predictQueue } from './predict-queue.ts'

export const from = Date.UTC(2025, 0, 1)
export const step = 300_000
export const symbols = ['AAAUSDT', 'BBBUSDT', 'CCCUSDT']
/** Bars of history: the network was trained and tuned on the first 85. */
export const bars = 100
export const window = 8
const venue = 'binance'
const queue_id = 'wf-all-forecast_5m-20250101-a1b2c3'
const topic = `${queue_id}-data`
const featuresTopic = 'wf-all-features_5m-20250101-a1b2c3-data'
const collection = 'features_5m_a1b2c3'
const model = 'gnn-5m'

/** A bus, a store and a registry in a folder of their own, and the stage that the predictor is launched for. */
export interface Stage {
  bus: Bus
  store: Store
  objects: ObjectStore
  registry: ModelRegistry
  directory: string
  plan: (spec?: Partial<StageSpec>) => Promise<void>
  /** Stores rows as the connector does, and puts them on the topic of the features. */
  history: (rows: readonly FeatureRow[]) => Promise<void>
  /** Puts rows on the stage's own topic, as its processor does. */
  live: (rows: readonly FeatureRow[]) => Promise<void>
  /** Registers a network made of random numbers; makes it champion unless told otherwise. */
  register: (seed: number, options?: { champion?: boolean; version?: Partial<ModelVersion>; relationKinds?: readonly string[] }) => Promise<ModelVersion>
  run: (options?: Partial<PredictOptions> & RunOptions) => Promise<WorkerOutcome>
  made: () => Promise<Made>
  /** Resolves when the topic fulfils it, or when `end` does. */
  until: (is: (made: Made) => boolean, end?: Promise<unknown>) => Promise<Made>
  close: () => Promise<void>
}

export interface RunOptions {
  attempt?: number
  bus?: Bus
  now?: () => number
  onStop?: (stop: (cause: StopCause) => void) => () => void
}

export interface Made {
  forecasts: Forecast[]
  scores: ForecastScore[]
  markers: StreamMarker[]
  /** Keys in the order of the topic. */
  keys: string[]
}

let opened: Promise<Tensors> | undefined
/** One backend a process; plain JavaScript starts at once, and these networks are small. */
export const tensors = () => (opened ??= openTensors({ prefer: 'javascript' }))

const input = (type: StageInput['type'], rest: Partial<StageInput>): StageInput =>
  ({ queue_id: `wf-all-${type}-20250101-a1b2c3`, venue, symbol: 'ALL', type, collection_name: collection, kafka_topic: featuresTopic, from, to: from + bars * step, ...rest })

export async function openStage(): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'sf-predictor-'))
  const bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  const store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  const objects = await connectObjects({ kind: 'embedded', directory: join(directory, 'objects') })
  const registry = await openModelRegistry({ store, objects, now: Date.now })
  await ensureTopics(bus)
  for (const name of [topic, featuresTopic]) await bus.admin.createTopic({ name, partitions: 1 })
  for (const name of ['stages', collection]) await store.ensureCollection(name)
  const assignment: Assignment = {
    workflow_id: 'wf-a1b2c3', queue_id, target: 'predictor', venue, symbol: 'ALL', type: 'forecast_5m', time_range: '2025-01-01:2025-01-02', kafka_topic: topic,
    collection_name: 'forecasts_5m_a1b2c3', telemetry_id: 'predictor__a1b2c3', attempt: 1, shards: [], checkpoint: [],
  }
  const made = () => readMade(bus)
  return {
    bus, store, objects, registry, directory, made,
    async plan(spec = {}) {
      await store.writeBatch('stages', [StageSpec.parse({
        _key: queue_id, queue_id, workflow_id: 'wf-a1b2c3', type: 'forecast_5m', interval: '5m', venue, symbols, from, to: from + bars * step, live: false,
        inputs: [input('features_5m', {}), input('graph_5m', {})], pipeline: Pipeline.parse({ type: 'train_gnn' }), created_at: from + bars * step, ...spec,
      })])
    },
    async history(rows) {
      await store.writeBatch(collection, rows.map((row) => ({ _key: featureKey(row), ...row })))
      await publishMessages(bus, catalog.data, [...rows], { topic: featuresTopic })
    },
    live: (rows) => publishMessages(bus, catalog.data, [...rows], { topic }),
    async register(seed, { champion = true, version = {}, relationKinds = [] } = {}) {
      const files = encodeGnn(randomModel(seed, relationKinds))
      const registered = await registry.registerVersion({
        model, run_id: `run-seed-${seed}`, queue_id: 'wf-all-train_gnn_5m-20250101-a1b2c3', workflow_id: 'wf-a1b2c3', hash: hashOfGnn(randomModel(seed, relationKinds)), feature_set: 'bars_v1',
        symbols, interval: '5m', horizon_bars: 2, window_bars: window, scores: {}, baselines: {}, held_out: { from, to: from + step }, promotion: { promoted: champion, reason: 'a test' }, created_at: from, ...version,
      }, Object.entries(files).map(([name, content]) => ({ name, content: content as Uint8Array })))
      if (champion) await registry.setAlias({ model, alias: 'champion', version: registered.version, reason: 'a test' })
      return registered
    },
    run: async ({ attempt = 1, bus: otherBus = bus, now, onStop, ...options } = {}) => executeWorker(
      {
        serviceName: 'predictor', target: 'predictor', shape: {},
        work: async (worker) => predictQueue(worker, { registry, tensors: await tensors(), latenessMs: 60_000, modelPollMs: 5, pollMs: 2, ...options }),
      },
      { env: { ...assignmentToEnv({ ...assignment, attempt }), DATA_DIR: directory, LOG_LEVEL: 'silent' }, bus: otherBus, store, ...(now && { now }), ...(onStop && { onStop }) },
    ),
    async until(is, end) {
      let ended = false
      void end?.then(() => { ended = true })
      for (;;) {
        const now = await made()
        if (ended || is(now)) return now
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    async close() {
      await bus.close()
      await store.close()
      await objects.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function readMade(bus: Bus): Promise<Made> {
  const made: Made = { forecasts: [], scores: [], markers: [], keys: [] }
  for (const { value } of await bus.admin.peek(topic, { partition: 0, limit: 100_000 })) {
    const message = DataMessage.parse(JSON.parse(value.toString()))
    if (message.kind === 'end_of_stream') made.markers.push(message)
    if (message.kind !== 'forecast' && message.kind !== 'forecast_score') continue
    made.keys.push(recordKey(message))
    if (message.kind === 'forecast') made.forecasts.push(message)
    else made.scores.push(message)
  }
  return made
}

export function randomModel(seed: number, relationKinds: readonly string[] = []): GnnModel {
  const featureNames = featureSets.bars_v1
  const of = (value: number) => featureNames.map(() => value)
  return {
    ...createGnn({ encoder: 'strided', window, features: featureNames.length, hidden: 4, relationKinds }, seededRandom(seed)),
    normaliser: { featureNames, centres: of(0), scales: of(1), clip: 5, targetScale: 0.01 }, symbols, horizonBars: 2,
    interval: { coverage: 0.9, all: { low: -0.01, high: 0.02 }, bySymbol: { AAAUSDT: { low: -0.5, high: 0.5 } }, outcomes: 50 },
  }
}

/** The same for the same symbol and bar. */
export function rowOf(symbol: string, bar: number, rest: Partial<FeatureRow> = {}): FeatureRow {
  const random = seededRandom(1 + symbols.indexOf(symbol) * 100_003 + bar)
  const open_time = from + bar * step
  return {
    kind: 'feature', venue, symbol, interval: '5m', open_time, feature_set: 'bars_v1', close: 100 + random(), values: featureSets.bars_v1.map(() => random() - 0.5),
    event_time: open_time + step, known_time: open_time + step, backfilled: true, ...rest,
  }
}

/** Rows of all symbols, bar by bar. */
export const rowsOf = (first: number, end: number, of: readonly string[] = symbols) =>
  Array.from({ length: end - first }, (_, i) => of.map((symbol) => rowOf(symbol, first + i))).flat()

/** A row of which nothing is known but that the bar was there. */
export const unknownRow = (symbol: string, bar: number) => rowOf(symbol, bar, { values: featureSets.bars_v1.map(() => null) })
