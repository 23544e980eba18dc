import { z } from 'zod'
import { errorCodes } from './errors.ts'
import { CoverageCertificate } from './coverage.ts'
import { QueueId, Symbol, WorkflowId } from './names.ts'
import { QueueType, StageResult } from './pipeline.ts'
import { Checkpoint, TimestampSeconds } from './queue-control.ts'

export const EventStatus = z.enum(['started', 'loading', 'heartbeat', 'finished', 'stopped', 'error'])
export type EventStatus = z.infer<typeof EventStatus>

export const EventError = z.strictObject({
  code: z.enum(errorCodes),
  message: z.string(),
  remedy: z.string().optional(),
  retryable: z.boolean(),
})
export type EventError = z.infer<typeof EventError>

/** What a worker reports of its queue. `records_written` and the rest are totals of the queue, never increments. */
export const WorkerEvent = z.strictObject({
  queue_id: QueueId,
  workflow_id: WorkflowId.optional(),
  producer: z.string().min(1).describe('The telemetry id: target, two underscores, a suffix; such as arango-connector__a1b2c3'),
  attempt: z.int().positive().default(1),
  symbol: Symbol,
  type: QueueType,
  shard: z.int().nonnegative().optional().describe('Of a worker that takes one shard only: its totals are those of this shard'),
  status: EventStatus,
  message: z.string(),
  records_written: z.int().nonnegative(),
  records_total: z.int().nonnegative().optional().describe('Expected at the end, where it is known'),
  duplicates: z.int().nonnegative().optional(),
  dead_lettered: z.int().nonnegative().optional(),
  checkpoint: Checkpoint.optional(),
  connected: z.boolean().optional().describe('Of a live loader: whether its connection to the venue is open'),
  error: EventError.optional(),
  certificate: CoverageCertificate.optional(),
  metrics: z.record(z.string(), z.number()).optional().describe('Of a training: epoch, loss and the like, as they stand'),
  result: StageResult.optional().describe('What a stage came to, with its last event'),
  finished: z.boolean(),
  timestamp: TimestampSeconds,
})
export type WorkerEvent = z.infer<typeof WorkerEvent>

/** The answer to a ping. */
export const PongEvent = z.strictObject({
  status: z.literal('pong'),
  ping_id: z.string().min(1),
  producer: z.string().min(1),
  service: z.string().min(1),
  queue_id: QueueId.optional(),
  message: z.string(),
  timestamp: TimestampSeconds,
})
export type PongEvent = z.infer<typeof PongEvent>

export const QueueEvent = z.discriminatedUnion('status', [PongEvent, WorkerEvent])
export type QueueEvent = z.infer<typeof QueueEvent>
