import { z } from 'zod'
import { CoverageCertificate } from './coverage.ts'
import { DataType, parseDataType } from './data-type.ts'
import { CollectionName, QueueId, Symbol, TopicName, Venue, WorkflowId } from './names.ts'
import { Pipeline, pipelineTypes, QueueType, RepeatedQueue, StageName, StageResult } from './pipeline.ts'
import { Checkpoint, Shard, Target } from './queue-control.ts'
import { EventError } from './queue-event.ts'
import { Epoch } from './records.ts'
import { openTimeRangePattern, timeRangePattern } from './time.ts'

/** POST /workflows. Every symbol is combined with every type: one queue each. */
export const WorkflowRequest = z.strictObject({
  venue: Venue.default('binance'),
  symbols: z.array(Symbol).min(1).max(2000),
  types: z.array(DataType).min(1).max(20),
  time_range: z.string().regex(openTimeRangePattern, "expected 'from:to', such as 2024-08-01:2024-08-02, or 'from:' with a live type")
    .describe("'from:to' in UTC, from included, to excluded; dates, date-times ending in Z, or epoch numbers. With a live type (ws_*) "
      + "also 'from:': until it is stopped. History (api_*) then reaches from `from` to where live began"),
  name: z.string().min(1).max(120).optional().describe('A name for people'),
  pipeline: Pipeline.optional().describe('What is made of the data once it is stored: features, a forecasting network, a trading agent'),
  options: z.strictObject({
    shards: z.int().min(1).max(64).optional().describe('Parts of one range that load in parallel; default by size'),
    source: z.enum(['auto', 'rest', 'archive']).default('auto').describe('auto: archive files for closed days where the venue has them'),
    max_attempts: z.int().min(1).max(1000).default(5).describe('Attempts without progress before a queue fails'),
  }).prefault({}),
}).refine((r) => timeRangePattern.test(r.time_range) || r.types.some((type) => parseDataType(type).source === 'ws'), {
  path: ['time_range'], error: "without a live type (ws_*) a range needs an end: 'from:to', such as 2024-08-01:2024-08-02",
})
export type WorkflowRequest = z.infer<typeof WorkflowRequest>
export type WorkflowRequestInput = z.input<typeof WorkflowRequest>

export const JobStatus = z.enum(['pending', 'launching', 'running', 'waiting', 'finished', 'failed', 'stopped'])
export type JobStatus = z.infer<typeof JobStatus>

/** What the worker of one shard has told, where each shard has a worker of its own. Totals are over all attempts. */
export const ShardReport = z.strictObject({
  shard: z.int().nonnegative(),
  attempt: z.int().positive().describe('The last that was heard'),
  records_written: z.int().nonnegative(),
  records_total: z.int().nonnegative().optional(),
  duplicates: z.int().nonnegative(),
  last_event_at: Epoch,
})
export type ShardReport = z.infer<typeof ShardReport>

/** One worker's part of a queue, as the orchestrator sees it. */
export const Job = z.strictObject({
  target: Target,
  telemetry_id: z.string(),
  status: JobStatus,
  attempt: z.int().nonnegative().describe('0 before the first launch'),
  attempts_without_progress: z.int().nonnegative(),
  records_written: z.int().nonnegative(),
  duplicates: z.int().nonnegative(),
  dead_lettered: z.int().nonnegative(),
  checkpoint: Checkpoint,
  shards: z.array(ShardReport).optional().describe('Where each shard has a worker of its own: those heard of'),
  message: z.string(),
  error: EventError.optional(),
  started_at: Epoch.optional(),
  finished_at: Epoch.optional(),
  last_event_at: Epoch.optional(),
  progress_at: Epoch.optional().describe('When it last got further, or was launched'),
  disconnected_since: Epoch.optional().describe('Of a live loader: since when its connection to the venue is closed'),
  relaunch_at: Epoch.optional().describe('While waiting out a backoff'),
  held_by: z.string().optional().describe('The circuit that is open: what failed it is known not to work, and it waits for that'),
})
export type Job = z.infer<typeof Job>

export const QueueStatus = z.enum(['pending', 'running', 'finished', 'failed', 'stopped'])

/** One symbol and type of a workflow: a data topic, a collection, and a job per target. */
export const Queue = z.strictObject({
  queue_id: QueueId,
  workflow_id: WorkflowId,
  venue: Venue,
  symbol: Symbol,
  type: QueueType,
  time_range: z.string(),
  from: Epoch,
  to: Epoch.optional().describe('Absent: live until stopped, or history whose end is where its live queue began'),
  kafka_topic: TopicName,
  collection_name: CollectionName,
  shards: z.array(Shard),
  records_total: z.int().nonnegative().optional().describe('Expected: known for candles, unknown for trades'),
  status: QueueStatus,
  jobs: z.array(Job),
  certificate: CoverageCertificate.optional(),
  ends_at_queue: QueueId.optional().describe('The live queue that this history leads up to: it waits for its first record'),
  after: z.array(QueueId).optional().describe('A stage waits until these have finished; live ones need only run'),
  result: StageResult.optional(),
  metrics: z.record(z.string(), z.number()).optional().describe('Of a training under way'),
  live: z.boolean().optional().describe('A stage that follows its live inputs until it is stopped'),
  topic_of: QueueId.optional().describe('The topic is that of this queue, which is read again: a replay'),
  original: RepeatedQueue.optional().describe('In a replay: the queue that is repeated'),
  topic_deleted: z.boolean(),
})
export type Queue = z.infer<typeof Queue>

export const Estimate = z.strictObject({
  requests: z.int().nonnegative(),
  api_weight: z.int().nonnegative(),
  records: z.int().nonnegative().optional(),
  minutes: z.number().nonnegative(),
  note: z.string().optional(),
})
export type Estimate = z.infer<typeof Estimate>

export const WorkflowStatus = z.enum(['pending', 'running', 'stopping', 'finished', 'failed', 'stopped'])
export type WorkflowStatus = z.infer<typeof WorkflowStatus>

/** Progress of one stage (one target over all queues). */
export const StageProgress = z.strictObject({
  stage: Target,
  status: JobStatus,
  records_written: z.int().nonnegative(),
  records_total: z.int().nonnegative().optional(),
  rate: z.number().nonnegative().describe('Records a second, smoothed'),
  eta_seconds: z.number().nonnegative().optional(),
  queues_finished: z.int().nonnegative(),
  queues_total: z.int().nonnegative(),
})
export type StageProgress = z.infer<typeof StageProgress>

/** A workflow as GET /workflows lists it. */
export const WorkflowSummary = z.strictObject({
  workflow_id: WorkflowId,
  name: z.string().optional(),
  status: WorkflowStatus,
  reason: z.string().optional().describe('Why it failed or was stopped, and what to do'),
  request: WorkflowRequest,
  replay_of: WorkflowId.optional().describe('A replay of this workflow from its topics'),
  estimate: Estimate,
  stages: z.array(StageProgress),
  created_at: Epoch,
  started_at: Epoch.optional(),
  finished_at: Epoch.optional(),
  updated_at: Epoch,
})
export type WorkflowSummary = z.infer<typeof WorkflowSummary>

/** A workflow with its queues: what POST /workflows and GET /workflows/{id} answer. */
export const Workflow = WorkflowSummary.extend({ queues: z.array(Queue) })
export type Workflow = z.infer<typeof Workflow>

export const WorkflowPage = z.strictObject({
  workflows: z.array(WorkflowSummary),
  next_cursor: z.string().optional().describe('Give it as ?cursor= for the next page; absent on the last'),
})
export type WorkflowPage = z.infer<typeof WorkflowPage>

export const WorkflowType = z.strictObject({
  type: DataType,
  description: z.string(),
  source: z.enum(['api', 'ws']),
  venues: z.array(Venue),
  available: z.boolean().describe('False while no service of this release produces it'),
})
export const PipelineType = z.strictObject({
  type: z.enum(pipelineTypes),
  description: z.string(),
  stages: z.array(StageName).describe('In this order, after the data'),
  available: z.boolean().describe('False while no service of this release does it'),
})
export const WorkflowTypes = z.strictObject({ types: z.array(WorkflowType), pipelines: z.array(PipelineType) })
export type WorkflowTypes = z.infer<typeof WorkflowTypes>

export const CoveragePage = z.strictObject({ certificates: z.array(CoverageCertificate), next_cursor: z.string().optional() })
export type CoveragePage = z.infer<typeof CoveragePage>

/** One message of GET /workflows/{id}/events: the whole state without the queues, plus the queues that changed. */
export const WorkflowUpdate = z.strictObject({ workflow: WorkflowSummary, queues: z.array(Queue) })
export type WorkflowUpdate = z.infer<typeof WorkflowUpdate>
