import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Bus, connectBus, ensureTopics, publishMessages, tailMessages } from '@streamforge/bus'
import { assignmentToEnv, catalog, dataTopic, featureKey, type FeatureRow, featureSets, Pipeline, StageSpec } from '@streamforge/contracts'
import { openModelRegistry, quantile, seededRandom } from '@streamforge/models'
import { createGnn, encodeGnn, hashOfGnn } from '@streamforge/models/tensors'
import { connectObjects } from '@streamforge/objects'
import { connectStore, type Store } from '@streamforge/store'
import type { BenchmarkResult } from './row.ts'

const root = resolve(import.meta.dirname, '../../..')
const benchmark = 'feature record to forecast'
const assets = 50
const window = 32
const history = 100
const warmBars = 50
const bars = 400
/** Bars come minutes apart: each finds the predictor idle, with nothing left to do of the one before. */
const idleMs = 60
const from = Date.UTC(2025, 0, 1)
const step = 300_000
const queue_id = 'wf-all-forecast_5m-20250101-be0c40'
const topic = dataTopic(queue_id)
const features = { queue_id: 'wf-all-features_5m-20250101-be0c40', collection_name: 'features_5m_be0c40' }
const symbols = Array.from({ length: assets }, (_, i) => `A${String(i).padStart(2, '0')}USDT`)

/**
 * Milliseconds from before the last feature record of a bar is handed to the bus until the last of the bar's forecasts has come off the topic: 50 assets,
 * window 32, hidden 32, no relations; the predictor is a process of its own, the bus the embedded one. One bar at a time, the predictor idle before each.
 */
export async function benchForecasts(): Promise<BenchmarkResult> {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-bench-forecast-'))
  const bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  const store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  try {
    await prepare(bus, store, directory)
    const predictor = startPredictor(directory)
    try {
      const times = await measure(bus)
      const row = (share: number, name: string) => ({
        benchmark, subject: `${assets} assets a bar, ${name} of ${bars} bars`, value: Number(quantile(times.toSorted((a, b) => a - b), share).toFixed(1)), unit: 'ms',
      })
      const p99 = row(0.99, 'p99')
      return [row(0.5, 'p50'), { ...p99, target: 'under 20 ms', met: p99.value < 20 }, row(1, 'longest')]
    } finally {
      predictor.kill()
      if (predictor.exitCode === null) await once(predictor, 'exit')
    }
  } finally {
    await bus.close()
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
}

async function prepare(bus: Bus, store: Store, directory: string): Promise<void> {
  await ensureTopics(bus)
  await bus.admin.createTopic({ name: topic, partitions: 1 })
  for (const name of ['stages', features.collection_name]) await store.ensureCollection(name)
  const rows = Array.from({ length: history }, (_, bar) => rowsOf(bar)).flat()
  await store.writeBatch(features.collection_name, rows.map((row) => ({ _key: featureKey(row), ...row })))
  const input = { ...features, venue: 'binance', symbol: 'ALL', type: 'features_5m', kafka_topic: dataTopic(features.queue_id), from, to: from + history * step }
  await store.writeBatch('stages', [StageSpec.parse({
    _key: queue_id, queue_id, workflow_id: 'wf-be0c40', type: 'forecast_5m', interval: '5m', venue: 'binance', symbols, from, live: true, inputs: [input],
    pipeline: Pipeline.parse({ type: 'train_gnn' }), created_at: from,
  })])
  await registerModel(store, directory)
}

async function registerModel(store: Store, directory: string): Promise<void> {
  const objects = await connectObjects({ kind: 'embedded', directory: join(directory, 'objects') })
  const registry = await openModelRegistry({ store, objects, now: Date.now })
  const featureNames = featureSets.bars_v1
  const gnn = {
    ...createGnn({ encoder: 'strided', window, features: featureNames.length, hidden: 32, relationKinds: [] }, seededRandom(1)),
    normaliser: { featureNames, centres: featureNames.map(() => 0), scales: featureNames.map(() => 1), clip: 5, targetScale: 0.01 }, symbols, horizonBars: 1,
    interval: { coverage: 0.9, all: { low: -0.01, high: 0.01 }, bySymbol: {}, outcomes: 1 },
  }
  const { version } = await registry.registerVersion({
    model: 'gnn-5m', run_id: 'run-bench', queue_id, workflow_id: 'wf-be0c40', hash: hashOfGnn(gnn), feature_set: 'bars_v1', symbols, interval: '5m', horizon_bars: 1,
    window_bars: window, scores: {}, baselines: {}, held_out: { from, to: from + step }, promotion: { promoted: true, reason: 'bench' }, created_at: from,
  }, Object.entries(encodeGnn(gnn)).map(([name, content]) => ({ name, content: content as Uint8Array })))
  await registry.setAlias({ model: 'gnn-5m', alias: 'champion', version, reason: 'bench' })
  await objects.close()
}

function startPredictor(directory: string) {
  const assignment = {
    workflow_id: 'wf-be0c40', queue_id, target: 'predictor', venue: 'binance', symbol: 'ALL', type: 'forecast_5m', time_range: `${from}:`, kafka_topic: topic,
    collection_name: 'forecasts_5m_be0c40', telemetry_id: 'predictor__be0c40', attempt: 1, shards: [], checkpoint: [],
  } as const
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'apps/predictor/src/main.ts')], {
    env: { ...process.env, ...assignmentToEnv({ ...assignment, shards: [], checkpoint: [] }), DATA_DIR: directory, LOG_LEVEL: 'warn' }, stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function measure(bus: Bus): Promise<number[]> {
  const counts = new Map<number, number>()
  const waiting = new Map<number, () => void>()
  const tail = await tailMessages(bus, catalog.data, { topics: [topic], from: 'earliest' }, async ({ messages }) => {
    for (const { value } of messages) {
      if (value.kind !== 'forecast') continue
      const count = (counts.get(value.open_time) ?? 0) + 1
      counts.set(value.open_time, count)
      if (count === assets) waiting.get(value.open_time)?.()
    }
  })
  const forecast = (bar: number) => new Promise<void>((done) => {
    if (counts.get(from + bar * step) === assets) done()
    else waiting.set(from + bar * step, done)
  })
  const times: number[] = []
  await forecast(history - 1)
  for (let bar = history; bar < history + warmBars + bars; bar++) {
    const rows = rowsOf(bar)
    await setTimeout(idleMs)
    await publishMessages(bus, catalog.data, rows.slice(0, -1), { topic })
    const done = forecast(bar)
    const began = performance.now()
    await publishMessages(bus, catalog.data, rows.slice(-1), { topic })
    await done
    if (bar >= history + warmBars) times.push(performance.now() - began)
  }
  await tail.close()
  return times
}

function rowsOf(bar: number): FeatureRow[] {
  const random = seededRandom(bar + 1)
  const open_time = from + bar * step
  return symbols.map((symbol) => ({
    kind: 'feature', venue: 'binance', symbol, interval: '5m', open_time, feature_set: 'bars_v1', close: 100 + random(), values: featureSets.bars_v1.map(() => random() - 0.5),
    event_time: open_time + step, known_time: open_time + step, backfilled: false,
  }))
}
