import { z } from 'zod'
import { Caller } from './access.ts'
import { HealingDecision } from './healing.ts'
import { StartCommand, StopCommand, Target } from './queue-control.ts'
import { Epoch } from './records.ts'
import { Traceparent } from './trace-context.ts'
import { Queue, WorkflowSummary } from './workflow.ts'

/**
 * What the orchestrator has decided to do and not yet done. Commands are stored with the state that asked for them and
 * removed once carried out; each may be carried out twice without harm.
 */
export const QueueCommand = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('create-topic'), topic: z.string(), partitions: z.int().positive().optional() }),
  z.strictObject({ do: z.literal('delete-topic'), topic: z.string() }),
  /** Markers seen and offsets committed are forgotten, so that the topic is read from its start again. */
  z.strictObject({ do: z.literal('forget-reading') }),
  z.strictObject({ do: z.literal('publish'), message: z.discriminatedUnion('command', [StartCommand, StopCommand]) }),
  z.strictObject({ do: z.literal('launch'), start: StartCommand }),
  /** A decision of healing, to be stored and told. */
  z.strictObject({ do: z.literal('record'), decision: HealingDecision }),
  z.strictObject({ do: z.literal('cancel'), target: Target, attempt: z.int().positive(), grace_ms: z.int().nonnegative() }),
])
export type QueueCommand = z.infer<typeof QueueCommand>

/** The document of a queue in the collection `queues`. */
export const StoredQueue = Queue.extend({
  _key: z.string(),
  /** Grows with every write; a writer that lost the race reads again. */
  version: z.int().nonnegative(),
  /** Of the queue-manager that wrote it last: an earlier one's writes are refused. Absent: written where there was only one. */
  epoch: z.int().positive().optional(),
  /** Order of admission: creation time of the workflow, then the queue's place in it. */
  position: z.string(),
  max_attempts: z.int().positive(),
  source: z.enum(['auto', 'rest', 'archive']),
  stop_reason: z.string().optional(),
  /** Of the request that made the workflow: its workers go on in this trace. */
  traceparent: Traceparent.optional(),
  /** A live stage that stops because what it follows has come to its end: it has finished then. */
  inputs_ended: z.boolean().optional(),
  /** A live queue stops in stages: its loader, then its connector, then whatever is left; each begins at `stop_stage_at`. */
  stop_stage: z.enum(['loader', 'connector', 'all']).optional(),
  stop_stage_at: Epoch.optional(),
  ended_at: Epoch.optional(),
  /** How often workers were launched again, in parts of ten minutes; those of the last hour. */
  relaunches: z.array(z.strictObject({ from: Epoch, count: z.int().positive() })).optional(),
  outbox: z.array(z.strictObject({ id: z.int().nonnegative(), command: QueueCommand })),
  has_outbox: z.boolean(),
  next_command: z.int().nonnegative(),
})
export type StoredQueue = z.infer<typeof StoredQueue>

/** How fast a stage goes: the last sample, and the rate smoothed over those before. */
export const StageRate = z.strictObject({
  at: z.number().nonnegative(),
  records: z.int().nonnegative(),
  rate: z.number().nonnegative().describe('Records a second'),
})
export type StageRate = z.infer<typeof StageRate>

/** The document of a workflow in the collection `workflows`. */
export const StoredWorkflow = WorkflowSummary.extend({
  _key: z.string(),
  version: z.int().nonnegative(),
  /** As in a queue's document. */
  epoch: z.int().positive().optional(),
  /** Creation time and id, so that sorting by it is by time and no two are equal. */
  position: z.string(),
  stop_reason: z.string().optional(),
  /** Whose request put it in progress last; absent: the platform itself, or made before this was kept. */
  requested_by: Caller.shape.id.optional(),
  rates: z.partialRecord(Target, StageRate),
})
export type StoredWorkflow = z.infer<typeof StoredWorkflow>
