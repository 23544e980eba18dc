import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, connectBus, ensureTopics } from '@streamforge/bus'
import { type Assignment, assignmentToEnv, type Candle, type Gap, type StreamMarker, type Trade } from '@streamforge/contracts'
import { executeWorker, type WorkerOutcome, type WorkerRuntime } from '@streamforge/service'
import { connectStore, type Store, type StoredDocument } from '@streamforge/store'
import { storeQueue, type Waits } from './store-queue.ts'

/** A bus and a store in a folder of their own, a data topic, and what a loader would put on it. */
export interface Bench {
  bus: Bus
  store: Store
  directory: string
  assignment: Assignment
  publish: (messages: readonly unknown[], partition?: number) => Promise<void>
  /** Runs the connector as its process would, to its end. */
  run: (runtime?: Partial<WorkerRuntime>, assignment?: Partial<Assignment>, waits?: Waits) => Promise<WorkerOutcome>
  stored: () => Promise<StoredDocument[]>
  close: () => Promise<void>
}

export const start = Date.UTC(2024, 7, 1)
export const minute = 60_000
const queue_id = 'wf-btcusdt-api_candles_1m-20240801-a1b2c3'

export async function openBench(options: { partitions?: number; shards?: number; type?: Assignment['type']; minutes?: number } = {}): Promise<Bench> {
  const { partitions = 1, shards = 1, type = 'api_candles_1m', minutes = 60 } = options
  const directory = await mkdtemp(join(tmpdir(), 'sf-connector-'))
  const bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  const store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  const to = start + minutes * minute
  const assignment: Assignment = {
    workflow_id: 'wf-a1b2c3', queue_id, target: 'arango-connector', venue: 'binance', symbol: 'BTCUSDT', type,
    time_range: type.startsWith('ws_') ? `${new Date(start).toISOString()}:` : `${new Date(start).toISOString()}:${new Date(to).toISOString()}`, kafka_topic: `${queue_id}-data`, collection_name: 'btcusdt_test',
    telemetry_id: 'arango-connector__a1b2c3', attempt: 1, checkpoint: [],
    shards: type.startsWith('ws_') ? [] : Array.from({ length: shards }, (_, shard) => ({ shard, from: start + shard, to: start + shard + 1 })),
  }
  await ensureTopics(bus)
  await bus.admin.createTopic({ name: assignment.kafka_topic, partitions })
  return {
    bus, store, directory, assignment,
    publish: async (messages, partition = 0) => {
      const values = messages.map((value) => ({ key: 'BTCUSDT', value: typeof value === 'string' ? value : JSON.stringify(value), partition }))
      await bus.publish(assignment.kafka_topic, values)
    },
    run: (runtime = {}, changes = {}, waits = { pollMs: 5, idleMs: 50 }) => executeWorker(
      { serviceName: 'arango-connector', target: 'arango-connector', shape: {}, work: (worker) => storeQueue(worker, waits) },
      { env: { ...assignmentToEnv({ ...assignment, ...changes }), DATA_DIR: directory, LOG_LEVEL: 'silent' }, bus, store, ...runtime },
    ),
    stored: async () => {
      const documents: StoredDocument[] = []
      for await (const batch of store.scan(assignment.collection_name)) documents.push(...batch)
      return documents
    },
    close: async () => {
      await bus.close()
      await store.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export const candle = (index: number, rest: Partial<Candle> = {}): Candle => ({
  kind: 'candle', venue: 'binance', symbol: 'BTCUSDT', interval: '1m', open_time: start + index * minute, open: 60_000 + index, high: 60_010 + index,
  low: 59_990 + index, close: 60_005.25 + index, volume: 12.5, quote_volume: 750_000.125, trade_count: 100 + index, taker_buy_volume: 6.25,
  taker_buy_quote_volume: 375_000, event_time: start + (index + 1) * minute, known_time: start + (index + 1) * minute, backfilled: true, ...rest,
})

export const trade = (id: number): Trade => ({
  kind: 'trade', venue: 'binance', symbol: 'BTCUSDT', trade_id: id, price: 60_000.5, quantity: 0.001, buyer_maker: id % 2 === 0,
  event_time: start + id * 100, known_time: start + id * 100, backfilled: true,
})

export const candles = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => candle(from + i))
export const trades = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => trade(from + i))

export const marker = (records: number, rest: Partial<StreamMarker> = {}): StreamMarker =>
  ({ kind: 'end_of_stream', queue_id, attempt: 1, shard: 0, shards: 1, partition: 0, records, ...rest })

export const gap = (from: number, to: number, missing: number, rest: Partial<Gap> = {}): Gap => ({
  kind: 'gap', queue_id, venue: 'binance', symbol: 'BTCUSDT', type: 'api_candles_1m', from, to, missing, cause: 'exchange', checked_at: to, ...rest,
})

/** What the queue's loader says when it has finished, or been stopped. */
export const loaderFinished = (attempt = 1) => ({
  queue_id, producer: 'loader-producer__a1b2c3', attempt, symbol: 'BTCUSDT', type: 'api_candles_1m', status: 'finished', message: 'finished',
  records_written: 1, finished: true, timestamp: 1,
} as const)
export const loaderStopped = (attempt = 1) => ({ ...loaderFinished(attempt), status: 'stopped', finished: false } as const)
