import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, connectBus, ensureTopics } from '@streamforge/bus'
import {
  type Assignment, assignmentToEnv, type Candle, featureKey, type FeatureRow, GraphVersion, Pipeline, QueueEvent, type StageInput, StageSpec, type WorkerEvent,
} from '@streamforge/contracts'
import { FeatureReducer } from '@streamforge/market'
import { ensureGraphCollections, graphCollections, hashRelations, type ModelRegistry, openModelRegistry, type Relation, seededRandom, summariseGraph, writeGraphVersion } from '@streamforge/models'
import type { Tensors } from '@streamforge/models/tensors'
import { openFolderObjects, type ObjectStore } from '@streamforge/objects'
import { executeWorker, type WorkerOutcome, type WorkerRuntime } from '@streamforge/service'
import { connectStore, type Store } from '@streamforge/store'
import { trainStage } from './train-stage.ts'

export const from = Date.UTC(2025, 0, 1)
export const step = 300_000
export const bars = 240
export const symbols = ['AAAUSDT', 'BBBUSDT', 'CCCUSDT', 'DDDUSDT']
const venue = 'binance'
const collection = 'all_features_5m'

export const queueId = (workflow = 'a1b2c3') => `wf-all-train_gnn_5m-20250101-${workflow}`
const featuresQueue = 'wf-all-features_5m-20250101-a1b2c3'
const graphQueue = 'wf-all-graph_5m-20250101-a1b2c3'

const input = (queue_id: string, type: StageInput['type'], collection_name: string, checksum?: string): StageInput =>
  ({ queue_id, venue, symbol: 'ALL', type, collection_name, kafka_topic: `${queue_id}-data`, from, to: from + bars * step, ...(checksum && { checksum }) })

/** Where features, graphs, runs and models of a test are, and what runs the trainer on them. */
export interface TrainerBench {
  directory: string
  bus: Bus
  store: Store
  objects: ObjectStore
  registry: ModelRegistry
  rows: (rows: readonly FeatureRow[]) => Promise<void>
  graph: (options?: { endsAtBar?: number }) => Promise<void>
  plan: (changes?: Partial<StageSpec>, training?: object) => Promise<Assignment>
  run: (assignment: Assignment, runtime?: Partial<WorkerRuntime>) => Promise<WorkerOutcome>
  events: () => Promise<WorkerEvent[]>
  close: () => Promise<void>
}

export async function openTrainerBench(tensors: Tensors): Promise<TrainerBench> {
  const directory = await mkdtemp(join(tmpdir(), 'sf-trainer-'))
  const bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  const store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  const objects = await openFolderObjects({ directory: join(directory, 'objects') })
  await ensureTopics(bus)
  await store.ensureCollection('stages')
  await store.ensureCollection(collection)
  const registry = await openModelRegistry({ store, objects, now: Date.now })
  return {
    directory, bus, store, objects, registry,
    rows: async (rows) => void await store.writeBatch(collection, rows.map((row) => ({ _key: featureKey(row), ...row }))),
    graph: ({ endsAtBar = 140 } = {}) => writeGraph(store, endsAtBar),
    async plan(changes = {}, training = {}) {
      const spec = specOf(changes, training)
      await store.writeBatch('stages', [spec])
      return {
        workflow_id: spec.workflow_id, queue_id: spec.queue_id, target: 'trainer', venue, symbol: 'ALL', type: 'train_gnn_5m', time_range: '2025-01-01:2025-01-03',
        kafka_topic: `${spec.queue_id}-data`, collection_name: 'training_runs', telemetry_id: `trainer__${spec.workflow_id.slice(3)}`, attempt: 1, shards: [], checkpoint: [],
      }
    },
    run: (assignment, runtime = {}) => executeWorker(
      { serviceName: 'trainer', target: 'trainer', shape: {}, work: (worker) => trainStage({ worker, store, objects, registry, codeVersion: 'test', tensors }) },
      { env: { ...assignmentToEnv(assignment), DATA_DIR: directory, LOG_LEVEL: 'silent' }, bus, store, pace: { loading: 0, heartbeat: 5000 }, ...runtime },
    ),
    events: () => readEvents(bus),
    close: async () => {
      await bus.close()
      await store.close()
      await objects.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function specOf(changes: Partial<StageSpec>, training: object): StageSpec {
  const id = changes.queue_id ?? queueId()
  return StageSpec.parse({
    _key: id, queue_id: id, workflow_id: `wf-${id.slice(-6)}`, type: 'train_gnn_5m', interval: '5m', venue, symbols, from, to: from + bars * step, live: false,
    inputs: [input(featuresQueue, 'features_5m', collection, `sha256:${'f'.repeat(64)}`), input(graphQueue, 'graph_5m', 'asset_relations')],
    pipeline: Pipeline.parse({
      type: 'train_gnn', graph: { kinds: ['lead_lag', 'correlation'] },
      training: { hidden: 4, window_bars: 4, epochs: 3, patience: 3, batch_bars: 48, parts: [0.6, 0.2, 0.2], learning_rate: 0.01, ...training },
    }),
    created_at: from + bars * step, ...changes,
  })
}

async function writeGraph(store: Store, endsAtBar: number): Promise<void> {
  const relations: Relation[] = [
    { kind: 'correlation', source: 'CCCUSDT', target: 'DDDUSDT', directed: false, weight: 0.3 }, { kind: 'lead_lag', source: 'AAAUSDT', target: 'BBBUSDT', directed: true, weight: 0.9, lag_bars: 1 },
  ]
  const collections = graphCollections()
  await ensureGraphCollections(store, collections)
  const to = from + endsAtBar * step
  const version = GraphVersion.parse({
    _key: `a1b2c3_5m_${to}`, version: `a1b2c3_5m_${to}`, queue_id: graphQueue, workflow_id: 'wf-a1b2c3', venue, interval: '5m', from, to, symbols, parameters: {},
    statistics: summariseGraph(symbols, relations), hash: hashRelations(relations), created_at: to,
  })
  await writeGraphVersion(store, collections, { version, relations })
}

async function readEvents(bus: Bus): Promise<WorkerEvent[]> {
  const { partitions } = await bus.admin.describeTopic('queue-events')
  const messages = await Promise.all(partitions.map(({ partition }) => bus.admin.peek('queue-events', { partition, limit: 1000 })))
  return messages.flat().map(({ value }) => QueueEvent.parse(JSON.parse(value.toString()))).filter((event) => event.status !== 'pong')
}

/** Features of prices in which B does one bar later what A has done; C and D go their own ways. */
export function plantedRows(count = bars, changes: (candle: Candle, bar: number) => Partial<Candle> = () => ({})): FeatureRow[] {
  const random = seededRandom(11)
  const moves = Array.from({ length: count }, () => symbols.map(() => (random() + random() + random() - 1.5) * 0.01))
  const range = { from, to: from + count * step }
  return symbols.flatMap((symbol, n) => {
    const reducer = new FeatureReducer({ venue, symbol, interval: '5m', range, trades: false, quotes: false, articles: false })
    let close = 100
    return Array.from({ length: count }, (_, bar): Candle => {
      const move = n === 1 ? moves[bar - 1]?.[0] ?? 0 : moves[bar]![n]!
      const open = close
      close *= 1 + move
      const open_time = from + bar * step
      const candle: Candle = {
        kind: 'candle', venue, symbol, interval: '5m', open_time, open, high: Math.max(open, close) * 1.001, low: Math.min(open, close) * 0.999, close, volume: 10 + random(),
        event_time: open_time + step, known_time: open_time + step, backfilled: true,
      }
      return { ...candle, ...changes(candle, bar) }
    }).flatMap((candle) => [...reducer.step(candle)])
  })
}
