import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, connectBus, ensureTopics } from '@streamforge/bus'
import {
  type Assignment, assignmentToEnv, type Candle, featureKey, type FeatureRow, featureSets, Pipeline, recordKey, type StageInput, StageSpec,
} from '@streamforge/contracts'
import { seededRandom } from '@streamforge/models'
import { executeWorker, type WorkerOutcome } from '@streamforge/service'
import { connectStore, type Store } from '@streamforge/store'
import { buildGraphs, type Waits } from './build-graphs.ts'

export const from = Date.UTC(2025, 0, 1)
export const step = 300_000
const venue = 'binance'
const queue_id = 'wf-all-graph_5m-20250101-a1b2c3'

/** A store and a bus in a folder of their own, and the stage that the builder is launched for. */
export interface Stage {
  store: Store
  rows: (rows: readonly FeatureRow[]) => Promise<void>
  candles: (symbol: string, candles: readonly Candle[]) => Promise<void>
  plan: (spec?: Partial<StageSpec>) => Promise<void>
  run: (waits?: Waits) => Promise<WorkerOutcome>
  close: () => Promise<void>
}

const input = (symbol: string, type: StageInput['type'], collection_name: string, to?: number): StageInput =>
  ({ queue_id: `wf-${symbol.toLowerCase()}-${type}-20250101-a1b2c3`, venue, symbol, type, collection_name, kafka_topic: `${collection_name}-data`, from, ...(to !== undefined && { to }) })

export const featureInput = (to?: number) => input('ALL', 'features_5m', 'all_features_5m', to)
export const candleInput = (symbol: string, to?: number) => input(symbol, 'api_candles_5m', `${symbol.toLowerCase()}_candles`, to)

export async function openStage(): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'sf-graph-builder-'))
  const bus: Bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  const store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  await ensureTopics(bus)
  await store.ensureCollection('stages')
  await store.ensureCollection('all_features_5m')
  const assignment: Assignment = {
    workflow_id: 'wf-a1b2c3', queue_id, target: 'graph-builder', venue, symbol: 'ALL', type: 'graph_5m', time_range: '2025-01-01:2025-01-02',
    kafka_topic: `${queue_id}-data`, collection_name: 'all_graph_5m', telemetry_id: 'graph-builder__a1b2c3', attempt: 1, shards: [], checkpoint: [],
  }
  return {
    store,
    rows: async (rows) => void await store.writeBatch('all_features_5m', rows.map((row) => ({ _key: featureKey(row), ...row }))),
    async candles(symbol, candles) {
      const collection = `${symbol.toLowerCase()}_candles`
      await store.ensureCollection(collection)
      await store.writeBatch(collection, candles.map((candle) => ({ _key: recordKey(candle), ...candle })))
    },
    async plan(spec = {}) {
      const whole: StageSpec = {
        _key: queue_id, queue_id, workflow_id: 'wf-a1b2c3', type: 'graph_5m', interval: '5m', venue, symbols, from, to: from + bars * step, live: false,
        inputs: [featureInput(from + bars * step)], pipeline: Pipeline.parse({ type: 'train_gnn' }), created_at: from + bars * step, ...spec,
      }
      await store.writeBatch('stages', [StageSpec.parse(whole)])
    },
    run: (waits = { pollMs: 5, idleMs: 200 }) => executeWorker(
      { serviceName: 'graph-builder', target: 'graph-builder', shape: {}, work: (worker) => buildGraphs(worker, waits) },
      { env: { ...assignmentToEnv(assignment), DATA_DIR: directory, LOG_LEVEL: 'silent' }, bus, store },
    ),
    close: async () => {
      await bus.close()
      await store.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export const symbols = ['AAAUSDT', 'BBBUSDT', 'CCCUSDT', 'DDDEUR']
export const bars = 400

/** A row whose features are all unknown, but for those given. */
export function row(symbol: string, bar: number, known: Partial<Record<string, number>>, rest: Partial<FeatureRow> = {}): FeatureRow {
  const open_time = from + bar * step
  return {
    kind: 'feature', venue, symbol, interval: '5m', open_time, feature_set: 'bars_v1', close: 100,
    values: featureSets.bars_v1.map((name) => known[name] ?? null), event_time: open_time + step, known_time: open_time + step, backfilled: true, ...rest,
  }
}

const noises = Array.from({ length: 10 }, (_, i) => {
  const random = seededRandom(i + 1)
  return Float64Array.from({ length: bars }, () => (random() - 0.5) * 0.02)
})
const noise = (t: number, i: number) => noises[i]![t] ?? 0

/** B does as A one bar later, C as A in the same bar; D goes its own way. */
export function rowsOf(symbol: string, count = bars): FeatureRow[] {
  const own = symbols.indexOf(symbol)
  const move = (t: number) => (own === 1 ? noise(t - 1, 0) + 0.3 * noise(t, 1) : own === 2 ? noise(t, 0) + 0.3 * noise(t, 2) : noise(t, own))
  return Array.from({ length: count }, (_, t) =>
    row(symbol, t, { return_1: move(t), range: Math.exp(move(t) * 50), volume_zscore_48: noise(t, own + 5) * 100 }))
}
