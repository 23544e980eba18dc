import { z } from 'zod'
import { StrategyName } from './backtest.ts'
import { DataType, dataTypes } from './data-type.ts'
import { Epoch } from './epoch.ts'
import { StreamForgeError } from './errors.ts'
import { FeatureSet } from './features.ts'
import { RelationKind } from './graph.ts'
import { Interval } from './interval.ts'
import { ModelName } from './model.ts'
import { CollectionName, QueueId, Symbol, TopicName, Venue, WorkflowId } from './names.ts'

const seed = z.int().min(0).max(2 ** 31 - 1).default(42)

/** What an instrument belongs to: `sector` relates the assets of a graph. */
const Sector = z.strictObject({ sector: z.string().min(1).max(80), industry: z.string().min(1).max(120).optional() })

/** How asset relations are found in the features of a window. */
export const GraphParameters = z.strictObject({
  kinds: z.array(RelationKind).min(1).default(['correlation', 'lead_lag', 'volume_volatility', 'sector']),
  nearest: z.int().min(1).max(50).default(8).describe('Relations of a kind kept for each asset'),
  minimum_weight: z.number().min(0).max(1).default(0.1),
  maximum_lag_bars: z.int().min(1).max(48).default(3),
  sectors: z.record(Symbol, Sector).optional().describe('Sector and industry of symbols; kept in `assets` for later graphs too. Absent: what is known of them'),
  windows: z.int().min(1).max(48).default(1).describe('Versions: the range is cut into so many windows; training uses the last that ends before the test part'),
})
export type GraphParameters = z.infer<typeof GraphParameters>

/** How a forecasting network is trained. */
export const TrainingParameters = z.strictObject({
  encoder: z.enum(['default', 'gru', 'strided']).default('default'),
  hidden: z.int().min(4).max(512).default(32),
  window_bars: z.int().min(2).max(512).default(32),
  horizon_bars: z.int().min(1).max(48).default(1),
  epochs: z.int().min(1).max(1_000).default(20),
  patience: z.int().min(1).max(100).default(5).describe('Epochs without a better validation loss before it stops'),
  batch_bars: z.int().min(1).max(512).default(16),
  learning_rate: z.number().positive().max(1).default(0.001),
  ranking_weight: z.number().min(0).max(100).default(1).describe('Weight of the pairwise ranking loss beside the squared error'),
  parts: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]).default([0.7, 0.15, 0.15]).describe('Shares of train, validation and test, in time order'),
  embargo_bars: z.int().min(0).max(1_000).default(0).describe('Left out between parts beside the horizon'),
  cost_bps: z.number().min(0).max(1_000).default(10).describe('Cost of one trade in basis points, in the return of the top k'),
  seed,
  maximum_bars_an_epoch: z.int().min(16).max(1_000_000).optional().describe('Training bars drawn an epoch; absent: all'),
})
export type TrainingParameters = z.infer<typeof TrainingParameters>

/** How a trading agent is trained, and what its market costs. */
export const AgentParameters = z.strictObject({
  initial_capital: z.number().positive().default(100_000),
  fee_bps: z.number().min(0).max(1_000).default(10),
  slippage_bps: z.number().min(0).max(1_000).default(5),
  position_share: z.number().positive().max(1).default(0.95).describe('Share of the cash that a buy spends'),
  lot_size: z.number().positive().default(0.00001).describe('Smallest quantity, in units; 1 for shares'),
  window_bars: z.int().min(1).max(512).default(4).describe('Bars of features that the agent sees'),
  steps: z.int().min(100).max(10_000_000).default(60_000).describe('Environment steps of training'),
  hidden: z.int().min(4).max(512).default(64),
  learning_rate: z.number().positive().max(1).default(0.0005),
  discount: z.number().min(0).max(1).default(0.97),
  walks: z.int().min(1).max(20).default(1).describe('Walk-forward folds'),
  parts: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]).default([0.6, 0.2, 0.2]),
  strategies: z.array(StrategyName).min(1).default(['dqn', 'buy_and_hold', 'moving_average', 'rsi']),
  seed,
})
export type AgentParameters = z.infer<typeof AgentParameters>

const features = { feature_interval: Interval.optional().describe('Bars of the features; absent: the shortest candle interval among the types'), feature_set: FeatureSet.default('bars_v1') }

/** What is to be made of the data once it is stored. */
export const Pipeline = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('features'), ...features }),
  z.strictObject({
    type: z.literal('train_gnn'), ...features, model: ModelName.optional().describe('Absent: gnn-<interval>'),
    graph: GraphParameters.prefault({}), training: TrainingParameters.prefault({}),
  }),
  z.strictObject({
    type: z.literal('trade_agent'), ...features, model: ModelName.optional().describe('Absent: agent-<symbol>-<interval>'), agent: AgentParameters.prefault({}),
  }),
])
export type Pipeline = z.infer<typeof Pipeline>
export const pipelineTypes = ['features', 'train_gnn', 'trade_agent'] as const satisfies readonly Pipeline['type'][]

/** Kinds of queues that work on stored data instead of loading it; `_5m` and the like is the interval of their bars. */
export type StageType = `features_${Interval}` | `graph_${Interval}` | `train_gnn_${Interval}` | `train_agent_${Interval}` | `forecast_${Interval}`
export const stageNames = ['features', 'graph', 'train_gnn', 'train_agent', 'forecast'] as const
export const StageName = z.enum(stageNames)
export type StageName = z.infer<typeof StageName>
const stageTypes = stageNames.flatMap((name) => Interval.options.map((interval) => `${name}_${interval}` as StageType))
export const StageType = z.enum(stageTypes as [StageType, ...StageType[]])

/** The symbol of queues that work on all symbols of a workflow. */
export const allSymbols = 'ALL'

/** What a queue carries or does: data of a venue, or a stage that works on it. */
export const QueueType = z.union([DataType, StageType])
export type QueueType = z.infer<typeof QueueType>
export const isStageType = (type: string): type is StageType => (stageTypes as readonly string[]).includes(type)

/** The data type of a queue that loads data. @throws StreamForgeError UNKNOWN_TYPE when it is a stage's */
export function dataTypeOf(type: QueueType): DataType {
  if (!isStageType(type)) return type
  throw new StreamForgeError('UNKNOWN_TYPE', `${type} is a stage, not data of a venue`, { remedy: `data types are ${dataTypes.join(', ')}` })
}

/** `train_gnn_5m` -> train_gnn and 5m. Give it only what {@link isStageType} accepts. */
export function parseStageType(type: StageType): { stage: StageName; interval: Interval } {
  const at = type.lastIndexOf('_')
  return { stage: type.slice(0, at) as StageName, interval: Interval.parse(type.slice(at + 1)) }
}

/** What a stage came to, told in its worker's last event. Equal hashes mean equal results. */
export const StageResult = z.strictObject({
  hash: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  summary: z.string(),
  facts: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).optional().describe('Such as model version, graph version, edges, metrics'),
})
export type StageResult = z.infer<typeof StageResult>

/** In a replay: the queue that is repeated, and what it had come to. */
export const RepeatedQueue = z.strictObject({
  queue_id: QueueId,
  checksum: z.string().optional().describe('Of its certificate'),
  result: StageResult.optional(),
})
export type RepeatedQueue = z.infer<typeof RepeatedQueue>

/** A dataset that a stage works on. */
export const StageInput = z.strictObject({
  queue_id: QueueId, venue: Venue, symbol: Symbol, type: QueueType, collection_name: CollectionName, kafka_topic: TopicName,
  from: Epoch, to: Epoch.optional().describe('Absent: live, goes on'),
  checksum: z.string().optional().describe("Of its certificate, when it had one as the stage was started"),
  result: StageResult.optional().describe('What a stage before came to'),
})
export type StageInput = z.infer<typeof StageInput>

/**
 * What a stage's workers need beside their assignment: too much for an environment. In the collection `stages`, keyed by the
 * queue's id, written by queue-manager before it launches them.
 */
export const StageSpec = z.strictObject({
  _key: QueueId, queue_id: QueueId, workflow_id: WorkflowId, type: StageType, interval: Interval,
  venue: Venue, symbols: z.array(Symbol).min(1),
  from: Epoch, to: Epoch.optional().describe('Absent: live, goes on'),
  live: z.boolean().describe('True: after what is stored it follows the topics of its inputs until it is stopped'),
  inputs: z.array(StageInput).describe('The data queues; for later stages also the stages before: features, graph, training'),
  pipeline: Pipeline,
  replay_of: WorkflowId.optional().describe('A replay: nothing is promoted, results go to collections of their own'),
  original: RepeatedQueue.optional().describe('In a replay: the stage that is repeated'),
  created_at: Epoch,
})
export type StageSpec = z.infer<typeof StageSpec>
