import {
  allSymbols, barGrid, dataTopic, formatOpenTimeRange, isStageType, parseOpenTimeRange, queueId,
  type Interval, type OpenTimeRange, type Pipeline, type StageName, type StageType, type StoredQueue, type Target, type WorkflowRequest,
} from '@streamforge/contracts'
import { graphCollections } from '@streamforge/models'
import { isLive } from '../queue/queue-input.ts'
import { checkBars, checkPipeline } from './check-pipeline.ts'
import { pipelineOutlines } from './pipeline-types.ts'
import { freshQueue, plannedJob, queuePosition } from './planned-queue.ts'

export interface StagesContext {
  workflowId: string
  /** Of the workflow. */
  position: string
  /** In a replay: whose. Graphs go to collections of their own too. */
  replayOf: string | undefined
}

/**
 * The queues that work on what the others load, in their order: each waits for the one before, the first for the data. Pure.
 * @throws StreamForgeError INVALID_FIELD, TOO_FEW_BARS, each naming its field
 */
export function planStages(request: WorkflowRequest, data: readonly StoredQueue[], context: StagesContext): StoredQueue[] {
  const { pipeline } = request
  if (!pipeline) return []
  const interval = checkPipeline({ ...request, pipeline })
  const plan = { request, pipeline, interval, data, context }
  const history = historyRange(plan)
  if (history) checkBars(pipeline, interval, barGrid(request.venue, interval).count(history))
  const stages: StoredQueue[] = []
  for (const name of stageNames(plan)) stages.push(planStage(plan, name, stages, history))
  return stages
}

interface StagePlan {
  request: WorkflowRequest
  pipeline: Pipeline
  interval: Interval
  data: readonly StoredQueue[]
  context: StagesContext
}

/** The bars that are loaded, all symbols alike; undefined when there are only live ones. */
function historyRange({ data, interval }: StagePlan): { from: number; to: number } | undefined {
  const candles = data.find((queue) => queue.type === `api_candles_${interval}`)
  return candles?.to === undefined ? undefined : { from: candles.from, to: candles.to }
}

/** An agent that is trained goes on to trade on paper where there are live bars; its signals take the place of forecasts. */
function stageNames({ pipeline, data, interval }: StagePlan): readonly StageName[] {
  const { stages } = pipelineOutlines[pipeline.type]
  return pipeline.type === 'trade_agent' && hasLiveBars(data, interval) ? [...stages, 'forecast'] : stages
}

const hasLiveBars = (data: readonly StoredQueue[], interval: Interval) => data.some((queue) => queue.type === `ws_candles_${interval}`)

/** The last stage follows live bars, where there are any; what is trained before it is trained on history. */
function isLiveStage({ data, interval, pipeline }: StagePlan, name: StageName): boolean {
  return hasLiveBars(data, interval) && (name === 'forecast' || pipeline.type === 'features')
}

function planStage(plan: StagePlan, name: StageName, before: readonly StoredQueue[], history: { from: number; to: number } | undefined): StoredQueue {
  const { request, interval, data, context } = plan
  const { workflowId } = context
  const type: StageType = `${name}_${interval}`
  const live = isLiveStage(plan, name)
  const range: OpenTimeRange = live || !history ? parseOpenTimeRange(request.time_range) : history
  const { from, to } = range
  const queue = queueId({ workflowId, symbol: allSymbols, type, from })
  const total = live ? undefined : expectedRecords(plan, name, history)
  return {
    ...freshQueue(), _key: queue, position: queuePosition(context.position, data.length + before.length), queue_id: queue, workflow_id: workflowId,
    venue: request.venue, symbol: allSymbols, type, time_range: formatOpenTimeRange(range), from, ...(to !== undefined && { to }), ...(live && { live }),
    kafka_topic: dataTopic(queue), collection_name: collectionOf(name, plan), topic_deleted: !publishes(name),
    shards: to === undefined ? [] : [{ shard: 0, from, to }], ...(total !== undefined && { records_total: total }),
    after: [...before.at(-1) ? [before.at(-1)!.queue_id] : [], ...data.filter((input) => live || !isLive(input)).map((input) => input.queue_id)],
    max_attempts: request.options.max_attempts, source: request.options.source,
    jobs: targetsOf(name, live && before.length > 0).map((target) => plannedJob(target, workflowId)),
  }
}

/** Graphs and models go straight into the store. */
const publishes = (name: StageName) => name === 'features' || name === 'forecast'

/** Who does a stage. Live forecasts need the features of new bars, which their own processor makes. */
function targetsOf(name: StageName, withFeatures: boolean): Target[] {
  switch (name) {
    case 'features': return ['processor', 'arango-connector']
    case 'graph': return ['graph-builder']
    case 'train_gnn':
    case 'train_agent': return ['trainer']
    case 'forecast': return [...(withFeatures ? ['processor' as const] : []), 'predictor', 'arango-connector']
    default: return name satisfies never
  }
}

/** Where a stage's results are stored. */
function collectionOf(name: StageName, { interval, pipeline, context: { workflowId, replayOf } }: StagePlan): string {
  const suffix = workflowId.slice('wf-'.length)
  switch (name) {
    case 'features': return `features_${interval}_${suffix}`
    case 'forecast': return `${pipeline.type === 'trade_agent' ? 'signals' : 'forecasts'}_${interval}_${suffix}`
    case 'graph': return graphCollections({ workflow_id: workflowId, replay_of: replayOf }).edges
    case 'train_gnn':
    case 'train_agent': return 'training_runs'
    default: return name satisfies never
  }
}

/** Rows of features, epochs of a training, steps of agents; of graphs and forecasts their workers know better. */
function expectedRecords({ request, pipeline, interval }: StagePlan, name: StageName, history: { from: number; to: number } | undefined): number | undefined {
  if (name === 'features' && history) return barGrid(request.venue, interval).count(history) * request.symbols.length
  if (name === 'train_agent' && pipeline.type === 'trade_agent') return pipeline.agent.steps * pipeline.agent.walks * request.symbols.length
  return name === 'train_gnn' && pipeline.type === 'train_gnn' ? pipeline.training.epochs : undefined
}

/** `features_5m, graph_5m, train_gnn_5m, forecast_5m (live)` */
export const describeStages = (stages: readonly StoredQueue[]) => stages.map((stage) => `${stage.type}${stage.live ? ' (live)' : ''}`).join(', ')

/** Queues that load data of a venue. */
export const dataQueues = (queues: readonly StoredQueue[]) => queues.filter((queue) => !isStageType(queue.type))

