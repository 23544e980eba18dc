import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectBus, ensureTopics, publishMessages, type Bus } from '@streamforge/bus'
import {
  catalog, dataTopic, featureSets, type Candle, type DataMessage, type FeatureRow, type FeedRun, type Forecast, type ForecastScore, type NewsSentiment, type Quote,
} from '@streamforge/contracts'
import { executeService, type Runtime } from '@streamforge/service'
import { connectStore, type Store } from '@streamforge/store'
import { openEmbeddedSeries, type TimeSeries } from '@streamforge/timeseries'
import { Config } from './config.ts'
import { connectSeries } from './connect-series.ts'
import type { QueueOutline } from './choose-queues.ts'

/** A bus, a store and the series in a folder of their own, and the connector beside them. */
export interface Bench {
  bus: Bus
  store: Store
  series: TimeSeries
  directory: string
  /** Writes a queue's document; makes its topic when there is none. */
  queue: (id: string, rest?: Partial<QueueOutline>) => Promise<QueueOutline>
  publish: (queue: QueueOutline, messages: readonly DataMessage[]) => Promise<void>
  /** Runs the connector as its process would; resolves with what stops it, which resolves with the exit code. */
  run: (runtime?: Partial<Runtime>) => () => Promise<number>
  close: () => Promise<void>
}

export const start = Date.UTC(2024, 7, 1)
export const minute = 60_000

export async function openBench(): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'sf-influx-connector-'))
  const bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  const store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  const series = await openEmbeddedSeries({ file: join(directory, 'series.db') })
  await ensureTopics(bus)
  await store.ensureCollection('queues')
  return {
    bus, store, series, directory,
    queue: async (id, rest = {}) => {
      const queue: QueueOutline = { queue_id: id, kafka_topic: dataTopic(id), type: 'api_candles_1m', status: 'running', topic_deleted: false, ...rest }
      if (!queue.topic_deleted) await bus.admin.createTopic({ name: queue.kafka_topic, partitions: 1 })
      await store.writeBatch('queues', [{ _key: id, ...queue }])
      return queue
    },
    publish: (queue, messages) => publishMessages(bus, catalog.data, messages, { topic: queue.kafka_topic }),
    run: (runtime = {}) => runConnector({
      bus, store, ...runtime, env: { DATA_DIR: directory, LOG_LEVEL: 'silent', SERIES_POLL_MS: '20', ...runtime.env },
    }),
    close: async () => {
      await series.close()
      await bus.close()
      await store.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function runConnector(runtime: Runtime): () => Promise<number> {
  let stop: () => void = () => undefined
  const ended = executeService({ name: 'influx-connector', shape: Config, start: connectSeries }, {
    ...runtime,
    onStop: (given) => {
      stop = () => given({ kind: 'terminated', signal: 'SIGTERM' })
      return () => undefined
    },
  })
  return () => {
    stop()
    return ended
  }
}

const bar = (index: number) => ({ venue: 'binance', symbol: 'BTCUSDT', interval: '1m' as const, open_time: start + index * minute })
const times = (index: number) => ({ event_time: start + (index + 1) * minute, known_time: start + (index + 1) * minute, backfilled: true })

export const candle = (index: number, rest: Partial<Candle> = {}): Candle => ({
  kind: 'candle', ...bar(index), open: 100 + index, high: 110 + index, low: 90 + index, close: 105 + index, volume: 12.5, trade_count: index, ...times(index), ...rest,
})
export const candles = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => candle(from + i))

export const feature = (index: number): FeatureRow => ({
  kind: 'feature', ...bar(index), feature_set: 'bars_v1', close: 105, values: featureSets.bars_v1.map((_, i) => (i % 5 === 0 ? null : i / 10)), ...times(index),
})
const model = { model: 'gnn-1m', model_version: 2, horizon_bars: 1 }
export const forecast = (index: number): Forecast => ({
  kind: 'forecast', ...bar(index), ...model, run_id: 'run-abcd', close: 105, value: 0.001, low: -0.01, high: 0.012, coverage: 0.9, inputs: [],
  target_time: start + (index + 2) * minute, ...times(index),
})
export const forecastScore = (index: number): ForecastScore => ({ kind: 'forecast_score', ...bar(index), ...model, value: 0.001, actual: -0.002, hit: false, covered: true, ...times(index) })

export const quote = (index: number, rest: Partial<Quote> = {}): Quote => ({
  kind: 'quote', feed: 'yahoo-stocks', source: 'yahoo-chart', asset: 'stock', symbol: 'AAPL', currency: 'USD', price: 200 + index, volume: 1_000, event_time: start + index * minute,
  known_time: start + index * minute + 500, backfilled: false, ...rest,
})
export const sentiment = (index: number, rest: Partial<NewsSentiment> = {}): NewsSentiment => ({
  kind: 'news_sentiment', article_id: (0x1234_5678_9abcn * BigInt(index + 1)).toString(16).padStart(32, 'f').slice(-32).split('').toReversed().join(''), feed: 'rss-news', symbol: 'AAPL', score: 0.5, label: 'positive',
  scorer: 'lexicon', scorer_version: '1', published_at: start, event_time: start, known_time: start + 1_000, backfilled: false, ...rest,
})
export const feedRun = (index: number): FeedRun => ({
  kind: 'feed_run', feed: 'yahoo-stocks', feed_kind: 'stock', parser: 'yahoo-chart', host: 'localhost', trigger: 'schedule', outcome: 'ok', scheduled_at: start + index * minute,
  started_at: start + index * minute + 40, duration_ms: 120, latency_ms: 100, requests: 3, retries: 1, not_modified: 1, bytes: 4_096, records: 2, unchanged: 1, rejected: 0,
  faults: { VENUE_UNREACHABLE: 1 }, event_time: start + index * minute + 40, known_time: start + index * minute + 160,
})

