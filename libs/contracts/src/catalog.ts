import type { z } from 'zod'
import { FeedCommand, FeedRun, Quote, StockDetails } from './feeds.ts'
import { articleKey, NewsArticle, SentimentMessage } from './news.ts'
import { AlertCommand, AlertEvent, alertIdentity } from './alerts.ts'
import { HealingDecision } from './healing.ts'
import { DataMessage } from './records.ts'
import { ControlMessage } from './queue-control.ts'
import { QueueEvent } from './queue-event.ts'

/** A kind of message: where it travels, what it must look like, how it is keyed and how often its handling is tried. */
export interface CatalogEntry<S extends z.ZodType = z.ZodType> {
  readonly name: string
  readonly description: string
  /** A topic's name, or a pattern with `{queue_id}` for topics that come and go with their queue. */
  readonly topic: string
  readonly partitions: number
  /** Milliseconds that the topic keeps a message; undefined: until the topic is deleted. */
  readonly retentionMs: number | undefined
  readonly schema: S
  readonly key: (message: z.infer<S>) => string
  /** How often a handler is tried on one message before it is dead-lettered. */
  readonly attempts: number
  readonly publishers: readonly string[]
  readonly consumers: readonly string[]
  /** By consumer, the groups that it reads with; those of its own queues end in `{queue_id}`. A consumer without one only looks, and commits nothing. */
  readonly groups: Readonly<Record<string, readonly string[]>>
}

/** Started for a queue, and gone with it. */
const workers = ['loader-api', 'loader-ws', 'arango-connector', 'processor', 'graph-builder', 'trainer', 'predictor', 'dummy-service'] as const
/** All that libs/service runs: each listens to commands and reports. */
export const services = [
  'queue-manager', ...workers, 'feed-fetcher', 'feed-connector', 'sentiment', 'influx-connector', 'alerter', 'dashboard',
] as const

const entry = <S extends z.ZodType>(e: CatalogEntry<S>) => e
const days = 86_400_000

export const catalog = {
  'queue-control': entry({
    name: 'queue-control',
    description: 'Commands to workers: start, stop, ping. From queue-manager, and ping from the command line.',
    topic: 'queue-control', partitions: 1, retentionMs: 7 * days,
    schema: ControlMessage, key: (m) => m.queue_id ?? m.command, attempts: 3,
    publishers: ['queue-manager', 'cli', 'alerter'], consumers: services, groups: {},
  }),
  'queue-events': entry({
    name: 'queue-events',
    description: 'What workers report: started, loading with counts and a checkpoint, heartbeat, finished, stopped, error, pong.',
    topic: 'queue-events', partitions: 4, retentionMs: 7 * days,
    schema: QueueEvent, key: (m) => m.queue_id ?? m.producer, attempts: 3,
    publishers: services, consumers: ['queue-manager', 'arango-connector', 'alerter', 'dashboard', 'cli'], groups: { 'queue-manager': ['queue-manager'] },
  }),
  'healing-decisions': entry({
    name: 'healing-decisions',
    description: 'What queue-manager decided about workers that were lost, and why. The same are documents of healing_decisions.',
    topic: 'healing-decisions', partitions: 1, retentionMs: 30 * days,
    schema: HealingDecision, key: (m) => m.queue_id ?? m.circuit ?? m.decision_id, attempts: 3,
    publishers: ['queue-manager'], consumers: [], groups: {},
  }),
  data: entry({
    name: 'data',
    description: 'Records of one queue (market data, features, forecasts, signals), then an end-of-stream marker per shard in every partition.',
    topic: '{queue_id}-data', partitions: 1, retentionMs: undefined,
    schema: DataMessage, key: (m) => ('symbol' in m ? m.symbol : m.queue_id), attempts: 5,
    publishers: ['loader-api', 'loader-ws', 'processor', 'predictor', 'dummy-service'],
    consumers: ['arango-connector', 'influx-connector', 'loader-ws', 'processor', 'predictor', 'alerter', 'dashboard', 'cli'],
    groups: {
      'arango-connector': ['arango-connector.{queue_id}'], 'influx-connector': ['influx-connector.{queue_id}'],
      processor: ['processor.{queue_id}'], predictor: ['predictor.{queue_id}'],
    },
  }),
  alerts: entry({
    name: 'alerts',
    description: 'That an alert began or ended. People are told by the alerter; programs read it here.',
    topic: 'alerts', partitions: 1, retentionMs: 30 * days,
    schema: AlertEvent, key: (m) => alertIdentity(m.alert, m.labels), attempts: 3,
    publishers: ['alerter'], consumers: [], groups: {},
  }),
  'alert-control': entry({
    name: 'alert-control',
    description: 'Commands to the alerter: silence, unsilence.',
    topic: 'alert-control', partitions: 1, retentionMs: 7 * days,
    schema: AlertCommand, key: (m) => m.command, attempts: 3,
    publishers: ['dashboard', 'cli'], consumers: ['alerter'], groups: { alerter: ['alerter'] },
  }),
  quotes: entry({
    name: 'quotes',
    description: 'Prices of stocks, currencies, funds and crypto that fetchers ask for on a schedule; those that changed.',
    topic: 'quotes', partitions: 1, retentionMs: 7 * days,
    schema: Quote, key: (m) => m.symbol, attempts: 5,
    publishers: ['feed-fetcher'], consumers: ['feed-connector', 'influx-connector', 'alerter'],
    groups: { 'feed-connector': ['feed-connector'], 'influx-connector': ['influx-connector.quotes'] },
  }),
  news: entry({
    name: 'news',
    description: 'Articles and posts that fetchers found, each once, and again when its text has changed.',
    topic: 'news', partitions: 1, retentionMs: 30 * days,
    schema: NewsArticle, key: articleKey, attempts: 5,
    publishers: ['feed-fetcher'], consumers: ['feed-connector', 'sentiment'], groups: { 'feed-connector': ['feed-connector'], sentiment: ['sentiment'] },
  }),
  'news-sentiment': entry({
    name: 'news-sentiment',
    description: "What articles say of symbols, and each symbol's day taken together.",
    topic: 'news-sentiment', partitions: 1, retentionMs: 30 * days,
    schema: SentimentMessage, key: (m) => m.symbol, attempts: 5,
    publishers: ['sentiment'], consumers: ['feed-connector', 'influx-connector', 'processor'],
    groups: { 'feed-connector': ['feed-connector'], 'influx-connector': ['influx-connector.news-sentiment'], processor: ['processor-news.{queue_id}'] },
  }),
  'stock-details': entry({
    name: 'stock-details',
    description: 'What a fetch of stocks brought, all of them in one message, for programs outside.',
    topic: 'stock-details', partitions: 1, retentionMs: 7 * days,
    schema: StockDetails, key: (m) => m.stock[0]!.symbol, attempts: 3,
    publishers: ['feed-fetcher'], consumers: [], groups: {},
  }),
  'feed-control': entry({
    name: 'feed-control',
    description: 'Commands to feed-fetcher: pause, resume, run now, set feed.yaml, try one out. Answers are documents of feed_answers.',
    topic: 'feed-control', partitions: 1, retentionMs: 7 * days,
    schema: FeedCommand, key: (m) => ('feed' in m ? m.feed : undefined) ?? m.command, attempts: 3,
    publishers: ['dashboard'], consumers: ['feed-fetcher'], groups: { 'feed-fetcher': ['feed-fetcher'] },
  }),
  'feed-runs': entry({
    name: 'feed-runs',
    description: 'One message a run of a fetcher: how long it took, what it brought, what went wrong.',
    topic: 'feed-runs', partitions: 1, retentionMs: 7 * days,
    schema: FeedRun, key: (m) => m.feed, attempts: 3,
    publishers: ['feed-fetcher'], consumers: ['influx-connector', 'alerter'], groups: { 'influx-connector': ['influx-connector.feed-runs'] },
  }),
} as const

/** Messages that a consumer refused, in their original bytes; the headers are `DeadLetterHeaders`. */
export const deadLetterTopic = { name: 'dead-letters', partitions: 1, retentionMs: 30 * days } as const

export type MessageName = keyof typeof catalog
export type MessageOf<N extends MessageName> = z.infer<(typeof catalog)[N]['schema']>
