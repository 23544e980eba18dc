import type { z } from 'zod'
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
}

const entry = <S extends z.ZodType>(e: CatalogEntry<S>) => e
const days = 86_400_000

export const catalog = {
  'queue-control': entry({
    name: 'queue-control',
    description: 'Commands to workers: start, stop, ping. From queue-manager, and ping from the command line.',
    topic: 'queue-control', partitions: 1, retentionMs: 7 * days,
    schema: ControlMessage, key: (m) => m.queue_id ?? m.command, attempts: 3,
    publishers: ['queue-manager', 'cli'], consumers: ['loader-api', 'loader-ws', 'arango-connector', 'processor', 'graph-builder', 'trainer', 'predictor', 'dummy-service'],
  }),
  'queue-events': entry({
    name: 'queue-events',
    description: 'What workers report: started, loading with counts and a checkpoint, heartbeat, finished, stopped, error, pong.',
    topic: 'queue-events', partitions: 4, retentionMs: 7 * days,
    schema: QueueEvent, key: (m) => m.queue_id ?? m.producer, attempts: 3,
    publishers: ['loader-api', 'loader-ws', 'arango-connector', 'processor', 'graph-builder', 'trainer', 'predictor', 'dummy-service', 'queue-manager'], consumers: ['queue-manager', 'cli'],
  }),
  data: entry({
    name: 'data',
    description: 'Records of one queue (market data, features, forecasts), then an end-of-stream marker per shard in every partition.',
    topic: '{queue_id}-data', partitions: 1, retentionMs: undefined,
    schema: DataMessage, key: (m) => ('symbol' in m ? m.symbol : m.queue_id), attempts: 5,
    publishers: ['loader-api', 'loader-ws', 'processor', 'predictor', 'dummy-service'], consumers: ['arango-connector', 'processor', 'predictor', 'dummy-service'],
  }),
} as const

/** Messages that a consumer refused, in their original bytes; the headers are `DeadLetterHeaders`. */
export const deadLetterTopic = { name: 'dead-letters', partitions: 1, retentionMs: 30 * days } as const

export type MessageName = keyof typeof catalog
export type MessageOf<N extends MessageName> = z.infer<(typeof catalog)[N]['schema']>
