import { formatTimeRange, type Assignment, type Checkpoint, type DataType, type Shard } from '@streamforge/contracts'
import { venueNamed, type OpenVenueOptions, type Source } from '@streamforge/market'
import type { WorkerProgress, WorkerResult } from '@streamforge/service'
import { startFakeBinance, type FakeBinanceOptions, type FakeCandle, type FakeRequest, type FakeTrade } from './fake-binance.ts'
import { loadQueue } from './load-queue.ts'
import { recordingTopic, type RecordingTopic } from './recording-topic.ts'

export const START = Date.UTC(2024, 7, 1)
export const FIVE_MINUTES = 300_000

export const fakeCandles = (count: number, options: { from?: number; length?: number; except?: (index: number) => boolean } = {}): FakeCandle[] => {
  const { from = START, length = FIVE_MINUTES } = options
  return Array.from({ length: count }, (_, i) => ({ open: from + i * length, close: from + (i + 1) * length, price: 100 + i / 8 }))
    .filter((_, i) => !options.except?.(i))
}

export const fakeTrades = (count: number, options: { firstId?: number; from?: number; everyMs?: number; except?: (id: number) => boolean } = {}): FakeTrade[] => {
  const { firstId = 5_000, from = START, everyMs = 1_000 } = options
  return Array.from({ length: count }, (_, i) => ({ id: firstId + i, time: from + i * everyMs, price: 100 + i / 8 }))
    .filter((t) => !options.except?.(t.id))
}

export interface Scenario {
  venue: FakeBinanceOptions
  type?: DataType
  range: { from: number; to: number }
  shards?: Shard[]
  checkpoint?: Checkpoint
  attempt?: number
  source?: Source
  symbol?: string
  shardIndex?: number
  topic?: RecordingTopic
  open?: Partial<OpenVenueOptions>
  /** The machine's clock; default: stands still. */
  now?: () => number
  signal?: AbortSignal
  onProgress?: (progress: WorkerProgress) => void
}

export interface Outcome {
  topic: RecordingTopic
  result: WorkerResult | undefined
  error: unknown
  requests: FakeRequest[]
  /** The last one reported: what the next attempt would be given. */
  progress: WorkerProgress
  warnings: string[]
}

/** Runs one attempt of the loader against a fake venue; waits for retries are cut to nothing. */
export async function runLoader(scenario: Scenario): Promise<Outcome> {
  const server = await startFakeBinance(scenario.venue)
  const topic = scenario.topic ?? recordingTopic()
  const warnings: string[] = []
  const log = { info: () => undefined, warn: (_facts: object, message: string) => { warnings.push(message) } }
  const client = venueNamed('binance').open({
    urls: { rest: server.url, archive: server.url }, sleep: (_ms, signal) => Promise.resolve(signal?.throwIfAborted()), log, random: () => 0.5,
    ...(scenario.signal ? { signal: scenario.signal } : {}), ...scenario.open,
  })
  let progress: WorkerProgress = { records_written: 0 }
  let result: WorkerResult | undefined
  let error: unknown
  try {
    result = await loadQueue({
      assignment: assignmentOf(scenario), client, bus: topic.bus, log, now: scenario.now ?? (() => Date.UTC(2030, 0, 1)), signal: scenario.signal ?? new AbortController().signal,
      source: scenario.source ?? 'rest', shardIndex: scenario.shardIndex,
      progress: (p) => { progress = structuredClone(p); scenario.onProgress?.(p) },
    })
  } catch (thrown) {
    error = thrown
  } finally {
    await client.close()
    await server.close()
  }
  return { topic, result, error, requests: server.requests, progress, warnings }
}

function assignmentOf({ type = 'api_candles_5m', range, shards, checkpoint, attempt, symbol = 'BTCUSDT' }: Scenario): Assignment {
  return {
    queue_id: 'wf-btcusdt-test-20240801-a1b2c3', target: 'loader-producer', venue: 'binance', symbol, type,
    time_range: formatTimeRange(range), kafka_topic: 'wf-btcusdt-test-20240801-a1b2c3-data', collection_name: 'btcusdt_test',
    telemetry_id: 'loader-producer__a1b2c3', attempt: attempt ?? 1, shards: shards ?? [], checkpoint: checkpoint ?? [],
  }
}
