import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, connectBus, ensureTopics } from '@streamforge/bus'
import {
  type Assignment, assignmentToEnv, type BookTicker, type Candle, DataMessage, type FeatureRow, Pipeline, recordKey, type StageInput, StageSpec, type StreamMarker,
  type Trade,
} from '@streamforge/contracts'
import { FeatureReducer, seededRandom } from '@streamforge/market'
import { executeWorker, type StopCause, type WorkerOutcome } from '@streamforge/service'
import { connectStore, type Store } from '@streamforge/store'
import { processQueue, type ProcessOptions } from './process-queue.ts'
import type { MarketInput } from './read-stored.ts'

export const from = Date.UTC(2025, 0, 1)
export const minute = 60_000
const venue = 'binance'
const stageTopic = 'stage-data'

export interface Market { candles: Candle[]; trades: Trade[]; quotes: BookTicker[] }

/** One-minute candles without what trades tell, trades at times half a second out of order, and quotes. */
export function makeMarket(symbol: string, bars: number): Market {
  const random = seededRandom('processor', symbol)
  const market: Market = { candles: [], trades: [], quotes: [] }
  let price = 100
  const times: number[] = []
  for (let bar = 0; bar < bars; bar++) {
    const open_time = from + bar * minute
    price = Math.round(price * Math.exp((random() - 0.5) * 0.02) * 100) / 100
    market.candles.push({
      kind: 'candle', venue, symbol, interval: '1m', open_time, open: price, high: price * 1.001, low: price * 0.999, close: price, volume: 1 + random(),
      event_time: open_time + minute, known_time: open_time + minute + 2_000, backfilled: true,
    })
    for (let i = 0; i < 3; i++) times.push(open_time + Math.floor(random() * minute))
    market.quotes.push({
      kind: 'book_ticker', venue, symbol, market: 'spot', update_id: 1_000 + bar, bid_price: String(price), bid_quantity: '3', ask_price: String(price + 0.01),
      ask_quantity: String(1 + Math.floor(random() * 5)), event_time: open_time + Math.floor(random() * minute), known_time: open_time + minute,
    })
  }
  market.trades = times.sort((a, b) => a - b).map((time, index) => ({
    kind: 'trade', venue, symbol, trade_id: 500 + index, price: 100, quantity: 1 + random(), buyer_maker: random() < 0.4,
    event_time: Math.max(from, time - Math.floor(random() * 500)), known_time: time + 10, backfilled: true,
  }))
  return market
}

/** The rows of a symbol, made in one go. `streams`: which of them are read. */
export function rowsOf(symbol: string, market: Market, to: number, streams: { trades?: boolean; quotes?: boolean } = {}): FeatureRow[] {
  const { trades = false, quotes = false } = streams
  const reducer = new FeatureReducer({ venue, symbol, interval: '1m', range: { from, to }, trades, quotes, articles: false })
  const all: MarketInput[] = [...trades ? market.trades : [], ...quotes ? market.quotes : [], ...market.candles]
  return [...all.flatMap((record) => reducer.step(record)), ...reducer.closeThrough(to)]
}

export const input = (symbol: string, type: StageInput['type'], range: { from?: number; to?: number } = {}): StageInput => ({
  queue_id: `wf-${symbol.toLowerCase()}-${type}-20250101-a1b2c3`, venue, symbol, type, collection_name: collectionOf(symbol, type),
  kafka_topic: `wf-${symbol.toLowerCase()}-${type}-data`, from: range.from ?? from, ...(range.to !== undefined && { to: range.to }),
})

/** History and live data of a symbol share a collection. */
export const collectionOf = (symbol: string, type: string) => `${symbol.toLowerCase()}_${type.replace(/^ws_/, 'api_')}`

/** A bus and a store in a folder of their own, and a stage to be made. */
export interface Stage {
  bus: Bus
  store: Store
  directory: string
  assignment: Assignment
  keep: (collection: string, records: readonly MarketInput[]) => Promise<void>
  send: (topic: string, records: readonly object[]) => Promise<void>
  plan: (spec: Partial<StageSpec> & Pick<StageSpec, 'symbols' | 'inputs'>) => Promise<void>
  run: (options?: Partial<ProcessOptions> & { attempt?: number; bus?: Bus; store?: Store; onStop?: (stop: (cause: StopCause) => void) => () => void }) => Promise<WorkerOutcome>
  /** What is on the stage's topic; `partitions` says where. */
  published: () => Promise<{ rows: FeatureRow[]; markers: StreamMarker[]; partitions: Map<string, number> }>
  close: () => Promise<void>
}

export async function openStage({ partitions = 1, type = 'features_1m' }: { partitions?: number; type?: StageSpec['type'] } = {}): Promise<Stage> {
  const queue_id = `wf-all-${type}-20250101-a1b2c3`
  const directory = await mkdtemp(join(tmpdir(), 'sf-processor-'))
  const bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  const store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  await ensureTopics(bus)
  await bus.admin.createTopic({ name: stageTopic, partitions })
  await store.ensureCollection('stages')
  const assignment: Assignment = {
    workflow_id: 'wf-a1b2c3', queue_id, target: 'processor', venue, symbol: 'ALL', type, time_range: '2025-01-01:2025-01-02',
    kafka_topic: stageTopic, collection_name: 'features_1m_a1b2c3', telemetry_id: 'processor__a1b2c3', attempt: 1, shards: [], checkpoint: [],
  }
  return {
    bus, store, directory, assignment,
    async keep(collection, records) {
      await store.ensureCollection(collection)
      await store.writeBatch(collection, records.map((record) => ({ _key: recordKey(record), ...record })))
    },
    async send(topic, records) {
      await bus.admin.createTopic({ name: topic, partitions: 1 })
      await bus.publish(topic, records.map((record) => ({ key: 'A', value: JSON.stringify(record) })))
    },
    async plan(spec) {
      await store.writeBatch('stages', [StageSpec.parse({
        _key: queue_id, queue_id, workflow_id: 'wf-a1b2c3', type, interval: '1m', venue, from, live: false,
        pipeline: Pipeline.parse({ type: 'features' }), created_at: from, ...spec,
      })])
    },
    run: ({ attempt = 1, bus: otherBus = bus, store: otherStore = store, onStop, ...options } = {}) => executeWorker(
      { serviceName: 'processor', target: 'processor', shape: {}, work: (worker) => processQueue(worker, { latenessMs: 60_000, pollMs: 5, gatherMs: 2, ...options }) },
      { env: { ...assignmentToEnv({ ...assignment, attempt }), DATA_DIR: directory, LOG_LEVEL: 'silent' }, bus: otherBus, store: otherStore, ...(onStop && { onStop }) },
    ),
    async published() {
      const rows: FeatureRow[] = []
      const markers: StreamMarker[] = []
      const where = new Map<string, number>()
      for (let partition = 0; partition < partitions; partition++) {
        for (const { value } of await bus.admin.peek(stageTopic, { partition, limit: 100_000 })) {
          const message = DataMessage.parse(JSON.parse(value.toString()))
          if (message.kind === 'end_of_stream') markers.push(message)
          if (message.kind !== 'feature') continue
          rows.push(message)
          where.set(message.symbol, partition)
        }
      }
      return { rows, markers, partitions: where }
    },
    async close() {
      await bus.close()
      await store.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
