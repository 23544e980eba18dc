import {
  collectionName, dataTopic, formatOpenTimeRange, parseDataType, queueId, type DataType, type Estimate, type OpenTimeRange, type StoredQueue, type StoredWorkflow,
  type Target, type WorkflowRequest,
} from '@streamforge/contracts'
import { estimateQueue, planShards, venueNamed, type QueueEstimate } from '@streamforge/market'
import { advanceWorkflow } from '../workflow/advance-workflow.ts'
import { checkRequest, checkSymbols } from './check-request.ts'
import { closedRange } from './closed-range.ts'
import { historyOf, liveOf, liveRange } from './live-series.ts'
import { describeStages, planStages } from './plan-stages.ts'
import { freshQueue, plannedJob, queuePosition, workflowPosition } from './planned-queue.ts'

export interface PlanContext {
  workflowId: string
  /** Milliseconds since the epoch. */
  now: number
  /** What the venue has; undefined when it could not be asked: then the loader finds out. */
  instruments: ReadonlySet<string> | undefined
  /** Queues that run at once. */
  maxActiveQueues: number
  /** Milliseconds by which the venue's clock is ahead of ours: where history ends and live begins is a matter of its clock. */
  clockLead?: number
}

export interface WorkflowPlan {
  workflow: StoredWorkflow
  queues: StoredQueue[]
}

const targets: readonly Target[] = ['loader-producer', 'arango-connector']

/**
 * What a request comes to: a queue for each symbol and type, each cut into shards, one for each stage of its pipeline, and what it will
 * cost. Pure.
 * @throws StreamForgeError UNKNOWN_VENUE, UNKNOWN_TYPE, UNKNOWN_SYMBOL, BAD_TIME_RANGE, INVALID_FIELD, TOO_FEW_BARS, each naming its field
 */
export function planWorkflow(asked: WorkflowRequest, context: PlanContext): WorkflowPlan {
  const request = checkRequest(asked)
  if (context.instruments) checkSymbols(request, context.instruments)
  const types = request.types.map((type) => planType(request, type, context.now + (context.clockLead ?? 0)))
  const position = workflowPosition(context.now, context.workflowId)
  const data = request.symbols.flatMap((symbol) => types.map((plan) => ({ symbol, plan })))
    .map(({ symbol, plan }, index) => planQueue(request, symbol, plan, { ...context, position: queuePosition(position, index) }))
  const stages = planStages(request, data, { workflowId: context.workflowId, position, replayOf: undefined })
  const queues = [...data, ...stages]
  const workflow: StoredWorkflow = {
    _key: context.workflowId, version: 1, position, workflow_id: context.workflowId, ...(request.name !== undefined && { name: request.name }),
    status: 'pending', request, estimate: sumEstimates(request, types, stages, context), stages: [], rates: {}, created_at: context.now, updated_at: context.now,
  }
  return { workflow: advanceWorkflow(workflow, queues, context.now), queues }
}

interface TypePlan {
  type: DataType
  range: OpenTimeRange
  note?: string | undefined
  /** Where live candles begin: where their history ends. */
  beginsAt?: number
  shards: StoredQueue['shards']
  cost: QueueEstimate
}

function planType(request: WorkflowRequest, type: DataType, now: number): TypePlan {
  if (parseDataType(type).source === 'ws') return planLive(request, type, now)
  const live = liveOf(type)
  const range = closedRange(request.time_range, type, now)
  // Trades end where live ones begin, and that is known only once they do; candles end at a time, from which live ones go on.
  const waits = live === 'ws_trades' && request.types.includes(live)
  const shards = planShards(range, type, request.options.shards === undefined ? {} : { shards: request.options.shards })
  const cost = estimateQueue(request.venue, type, range, { shards, source: request.options.source, now })
  return waits ? { type, range: { from: range.from, to: undefined }, shards: [], cost } : { type, range, note: range.note, shards, cost }
}

function planLive(request: WorkflowRequest, type: DataType, now: number): TypePlan {
  const range = liveRange(request.time_range, type, now)
  const cost = { requests: 0, weight: 0, note: range.to === undefined ? 'live until it is stopped' : undefined }
  const history = historyOf(type)
  const continues = parseDataType(type).content === 'candles' && history !== undefined && request.types.includes(history)
  return { type, range, shards: [], cost, ...(continues && { beginsAt: closedRange(request.time_range, history, now).to }) }
}

function planQueue(request: WorkflowRequest, symbol: string, plan: TypePlan, context: PlanContext & { position: string }): StoredQueue {
  const { venue, options } = request
  const { type, range, shards, cost, beginsAt } = plan
  const { workflowId } = context
  const { from, to } = range
  const idOf = (of: DataType) => queueId({ workflowId, symbol, type: of, from })
  const queue = idOf(type)
  // A live series and its history are one: in one collection the keys refuse doubles.
  const history = historyOf(type)
  const series = history !== undefined && request.types.includes(history) ? history : type
  return {
    ...freshQueue(), _key: queue, position: context.position, queue_id: queue, workflow_id: workflowId, venue, symbol, type,
    time_range: formatOpenTimeRange(range), from, ...(to !== undefined && { to }), kafka_topic: dataTopic(queue),
    collection_name: collectionName({ venue, symbol, type: series, from }), shards,
    ...(to !== undefined && cost.records !== undefined && { records_total: cost.records }),
    ...(to === undefined && parseDataType(type).source === 'api' && { ends_at_queue: idOf('ws_trades') }),
    topic_deleted: false, max_attempts: options.max_attempts, source: options.source,
    jobs: targets.map((target) => ({
      ...plannedJob(target, workflowId),
      checkpoint: beginsAt !== undefined && target === 'loader-producer' ? [{ shard: 0, position: beginsAt, records: 0, done: false }] : [],
    })),
  }
}

/** What one machine loads end to end, on the safe side, and what starting a queue's jobs takes. */
const recordsPerSecond = 40_000
const secondsPerQueue = 2

function sumEstimates(request: WorkflowRequest, types: readonly TypePlan[], stages: readonly StoredQueue[], context: PlanContext): Estimate {
  const symbols = request.symbols.length
  const requests = symbols * sum(types.map((t) => t.cost.requests))
  const weight = symbols * sum(types.map((t) => t.cost.weight))
  const records = types.every((t) => t.cost.records !== undefined) ? symbols * sum(types.map((t) => t.cost.records ?? 0)) : undefined
  const { limit } = venueNamed(request.venue).describe()
  const byWeight = (weight / limit.weight) * (limit.windowMs / 60_000)
  const byWork = ((records ?? 0) / recordsPerSecond + (symbols * types.length * secondsPerQueue) / context.maxActiveQueues) / 60
  const notes = new Set(types.flatMap((t) => [t.note, t.cost.note]).filter((note) => note !== undefined))
  if (!context.instruments) notes.add(`${request.venue} could not be asked whether it has these symbols; the loaders will find out`)
  if (stages.length > 0) notes.add(`then ${describeStages(stages)}; the minutes are those of the data`)
  return {
    requests, api_weight: weight, ...(records !== undefined && { records }),
    minutes: Math.round(Math.max(byWeight, byWork) * 100) / 100,
    ...(notes.size > 0 && { note: [...notes].join('; ') }),
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)
