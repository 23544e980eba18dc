import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, connectBus, ensureTopics } from '@streamforge/bus'
import { type Assignment, assignmentToEnv, type Candle, featureKey, Pipeline, QueueEvent, recordKey, StageSpec, type WorkerEvent } from '@streamforge/contracts'
import { FeatureReducer } from '@streamforge/market'
import { type ModelRegistry, openModelRegistry, seededRandom } from '@streamforge/models'
import { openFolderObjects, type ObjectStore } from '@streamforge/objects'
import { executeWorker, type WorkerOutcome, type WorkerRuntime } from '@streamforge/service'
import { connectStore, type Store } from '@streamforge/store'
import { runStage } from '../run-stage.ts'

export const from = Date.UTC(2025, 0, 1)
export const step = 300_000
export const bars = 800
export const queueId = (workflow = 'a1b2c3') => `wf-all-train_agent_5m-20250101-${workflow}`
export const runId = (symbol: string, workflow = 'a1b2c3') => `run-wf-all-train-agent-5m-20250101-${workflow}-${symbol.toLowerCase()}`
const venue = 'binance'
const features = 'all_features_5m'
const candlesOf = (symbol: string) => `${symbol.toLowerCase()}_api_candles_5m`

/** Where candles, features, runs, models and backtests of a test are, and what runs the trainer on them. */
export interface AgentBench {
  directory: string
  store: Store
  objects: ObjectStore
  registry: ModelRegistry
  market: (candles: readonly Candle[]) => Promise<void>
  plan: (changes?: Partial<StageSpec>, agent?: object) => Promise<Assignment>
  run: (assignment: Assignment, runtime?: Partial<WorkerRuntime>) => Promise<WorkerOutcome>
  events: () => Promise<WorkerEvent[]>
  close: () => Promise<void>
}

export async function openAgentBench(): Promise<AgentBench> {
  const directory = await mkdtemp(join(tmpdir(), 'sf-agents-'))
  const bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  const store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  const objects = await openFolderObjects({ directory: join(directory, 'objects') })
  await ensureTopics(bus)
  for (const name of ['stages', 'queues', features]) await store.ensureCollection(name)
  const registry = await openModelRegistry({ store, objects, now: Date.now })
  return {
    directory, store, objects, registry,
    market: (candles) => storeMarket(store, candles),
    async plan(changes = {}, agent = {}) {
      const spec = specOf(changes, agent)
      for (const symbol of spec.symbols) await store.ensureCollection(candlesOf(symbol))
      await store.writeBatch('stages', [spec])
      return {
        workflow_id: spec.workflow_id, queue_id: spec.queue_id, target: 'trainer', venue, symbol: 'ALL', type: 'train_agent_5m', time_range: '2025-01-01:2025-01-04',
        kafka_topic: `${spec.queue_id}-data`, collection_name: 'training_runs', telemetry_id: `trainer__${spec.workflow_id.slice(3)}`, attempt: 1, shards: [], checkpoint: [],
      }
    },
    run: (assignment, runtime = {}) => executeWorker(
      { serviceName: 'trainer', target: 'trainer', shape: {}, work: (worker) => runStage({ worker, store, objects, registry, codeVersion: 'test' }) },
      { env: { ...assignmentToEnv(assignment), DATA_DIR: directory, LOG_LEVEL: 'silent' }, bus, store, pace: { loading: 0, heartbeat: 5000 }, ...runtime },
    ),
    events: () => readEvents(bus),
    async close() {
      await bus.close()
      await store.close()
      await objects.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function specOf(changes: Partial<StageSpec>, agent: object): StageSpec {
  const id = changes.queue_id ?? queueId()
  const { symbols = ['BTCUSDT'] } = changes
  const input = (symbol: string, type: string, collection_name: string) =>
    ({ queue_id: `wf-${symbol.toLowerCase()}-${type}-20250101-a1b2c3`, venue, symbol, type, collection_name, kafka_topic: 'x', from, to: from + bars * step, checksum: `sha256:${'c'.repeat(64)}` })
  return StageSpec.parse({
    _key: id, queue_id: id, workflow_id: `wf-${id.slice(-6)}`, type: 'train_agent_5m', interval: '5m', venue, symbols, from, to: from + bars * step, live: false,
    inputs: [...symbols.map((symbol) => input(symbol, 'api_candles_5m', candlesOf(symbol))), input('ALL', 'features_5m', features)],
    pipeline: Pipeline.parse({ type: 'trade_agent', agent: { steps: 1_000, hidden: 8, window_bars: 2, ...agent } }),
    created_at: from + bars * step, ...changes,
  })
}

/** Candles, and the features that the processor makes of them. */
async function storeMarket(store: Store, candles: readonly Candle[]): Promise<void> {
  for (const symbol of new Set(candles.map((candle) => candle.symbol))) {
    const own = candles.filter((candle) => candle.symbol === symbol)
    const reducer = new FeatureReducer({ venue, symbol, interval: '5m', range: { from, to: from + bars * step }, trades: false, quotes: false, articles: false })
    await store.ensureCollection(candlesOf(symbol))
    await store.writeBatch(candlesOf(symbol), own.map((candle) => ({ _key: recordKey(candle), ...candle })))
    await store.writeBatch(features, own.flatMap((candle) => [...reducer.step(candle)]).map((row) => ({ _key: featureKey(row), ...row })))
  }
}

async function readEvents(bus: Bus): Promise<WorkerEvent[]> {
  const { partitions } = await bus.admin.describeTopic('queue-events')
  const messages = await Promise.all(partitions.map(({ partition }) => bus.admin.peek('queue-events', { partition, limit: 1000 })))
  return messages.flat().map(({ value }) => QueueEvent.parse(JSON.parse(value.toString()))).filter((event) => event.status !== 'pong')
}

/** A market that swings around where it began; `change` of null leaves a candle out. */
export function swings(symbol = 'BTCUSDT', change: (candle: Candle, bar: number) => Partial<Candle> | null = () => ({}), count = bars): Candle[] {
  const random = seededRandom(symbol.length * 31 + symbol.charCodeAt(0))
  let close = 100
  return Array.from({ length: count }, (_, bar): Candle | null => {
    const open = close
    close *= 1 + 0.004 * Math.sin(bar / 9) + (random() - 0.5) * 0.006
    const open_time = from + bar * step
    const candle: Candle = {
      kind: 'candle', venue, symbol, interval: '5m', open_time, open, high: Math.max(open, close) * 1.001, low: Math.min(open, close) * 0.999, close, volume: 10 + random(),
      event_time: open_time + step, known_time: open_time + step, backfilled: true,
    }
    const changes = change(candle, bar)
    return changes && { ...candle, ...changes }
  }).filter((candle) => candle !== null)
}
