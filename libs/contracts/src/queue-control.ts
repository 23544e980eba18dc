import { z } from 'zod'
import { CollectionName, QueueId, Symbol, TopicName, Venue, WorkflowId } from './names.ts'
import { QueueType } from './pipeline.ts'
import { Epoch } from './records.ts'
import { Traceparent } from './trace-context.ts'

/** Seconds since the epoch with a fraction, as every control and event message carries it. */
export const TimestampSeconds = z.number().positive().describe('Seconds since 1970-01-01 UTC, with a fraction')

/** Who a command is for. `loader-producer` means either loader: the launched image decides which. */
export const Target = z.enum([
  'loader-producer', 'arango-connector', 'processor', 'graph-builder', 'trainer', 'predictor', 'dummy-service',
])
export type Target = z.infer<typeof Target>

/** One part of a queue's range that is loaded on its own, with its own checkpoint. */
export const Shard = z.strictObject({
  shard: z.int().nonnegative(),
  from: Epoch,
  to: Epoch,
})
export type Shard = z.infer<typeof Shard>

/** How far one shard has come: everything before `position` is on the topic. Written only after the bus has acknowledged. */
export const ShardCheckpoint = z.strictObject({
  shard: z.int().nonnegative(),
  position: z.int().nonnegative().describe('Next open time to load (candles), next trade id (trades), or next bar or epoch of a stage'),
  records: z.int().nonnegative().describe('Distinct records on the topic so far'),
  first_trade_id: z.int().nonnegative().optional(),
  done: z.boolean().describe("True when the shard's end-of-stream marker is on the topic"),
})
export type ShardCheckpoint = z.infer<typeof ShardCheckpoint>
export const Checkpoint = z.array(ShardCheckpoint)
export type Checkpoint = z.infer<typeof Checkpoint>

/**
 * What a worker must know to do its part of a queue. It hears this as a `start` command, and reads the same from its
 * environment (QUEUE_ID, SYMBOL, ... ; SHARDS and CHECKPOINT as JSON).
 */
export const Assignment = z.strictObject({
  workflow_id: WorkflowId.optional(),
  queue_id: QueueId,
  target: Target,
  venue: Venue.default('binance'),
  symbol: Symbol,
  type: QueueType,
  time_range: z.string(),
  kafka_topic: TopicName,
  collection_name: CollectionName,
  telemetry_id: z.string().min(1),
  attempt: z.int().positive().default(1),
  shards: z.array(Shard).default([]).describe('In order, covering the range without overlap; empty: one shard, the whole range'),
  checkpoint: Checkpoint.default([]).describe('Of the attempt before; empty at first'),
  source: z.enum(['auto', 'rest', 'archive']).optional().describe('Where a loader reads; absent: auto'),
  shard_index: z.int().nonnegative().optional().describe('The one shard that this process takes, of several that work side by side; absent: all'),
  sharers: z.int().positive().optional().describe('Processes that may load from the venue at once behind one address, this one included: each leaves room for what the others have under way; absent: one'),
  topic_of: QueueId.optional().describe('In a replay: the queue whose topic this is; gaps and markers on it carry its id'),
  traceparent: Traceparent.optional().describe('W3C traceparent of the request that this is part of'),
})
export type Assignment = z.infer<typeof Assignment>

export const StartCommand = Assignment.extend({
  command: z.literal('start'),
  image: z.string().min(1),
  timestamp: TimestampSeconds,
})
export type StartCommand = z.infer<typeof StartCommand>

export const StopCommand = z.strictObject({
  command: z.literal('stop'),
  queue_id: QueueId,
  target: Target.optional().describe('Absent: every worker of the queue'),
  attempt: z.int().positive().optional().describe('Only this attempt and those before it, which end without a word: they were cancelled. Absent: whichever runs, which says that it was stopped'),
  reason: z.string().optional(),
  timestamp: TimestampSeconds,
})
export type StopCommand = z.infer<typeof StopCommand>

export const PingCommand = z.strictObject({
  command: z.literal('ping'),
  ping_id: z.string().min(1).describe('Comes back in the pong'),
  target: z.string().optional().describe('A service or telemetry id; absent: everyone answers'),
  queue_id: QueueId.optional(),
  timestamp: TimestampSeconds,
})
export type PingCommand = z.infer<typeof PingCommand>

export const ControlMessage = z.discriminatedUnion('command', [StartCommand, StopCommand, PingCommand])
export type ControlMessage = z.infer<typeof ControlMessage>
