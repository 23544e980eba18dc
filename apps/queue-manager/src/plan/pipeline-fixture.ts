import {
  assetGraph, featureSets, forecastKey, isStageType, WorkflowRequest, type Forecast, type GraphVersion, type ModelVersion, type StoredQueue, type TrainingRun,
  type WorkflowRequestInput,
} from '@streamforge/contracts'
import type { Bus } from '@streamforge/bus'
import type { Store } from '@streamforge/store'
import { openWorkflowRecords } from '../orchestrator/workflow-records.ts'
import { certificate } from '../queue/queue-fixture.ts'
import { advanceWorkflow } from '../workflow/advance-workflow.ts'
import { planWorkflow, type WorkflowPlan } from './plan-workflow.ts'

/** A request that goes all the way: two symbols, four days of 5m candles and trades, and a small training. */
export const pipelineRequest = (more: Partial<WorkflowRequestInput> = {}) => WorkflowRequest.parse({
  symbols: ['BTCUSDT', 'ETHUSDT'], types: ['api_candles_5m', 'api_trades'], time_range: '2022-08-01:2022-08-05',
  pipeline: { type: 'train_gnn', training: { window_bars: 8, epochs: 3 } }, ...more,
} satisfies WorkflowRequestInput)

export const hashOf = (digit: string) => `sha256:${digit.repeat(64)}`
export const now = Date.UTC(2024, 0, 10, 12, 3)

export const planned = (workflowId: string, more: Partial<WorkflowRequestInput> = {}): WorkflowPlan =>
  planWorkflow(pipelineRequest(more), { workflowId, now, instruments: undefined, maxActiveQueues: 2 })

/** The plan as it is once all has been done. */
export function finishedPlan(workflowId: string): WorkflowPlan {
  const plan = planned(workflowId)
  const queues = plan.queues.map((queue, index): StoredQueue => ({
    ...queue, status: 'finished', ended_at: now + index,
    jobs: queue.jobs.map((job) => ({ ...job, status: 'finished', attempt: 1, started_at: now, finished_at: now + index })),
    ...(queue.jobs.some((job) => job.target === 'arango-connector') && {
      certificate: certificate(queue, { checksum: hashOf(String(index)), unit: isStageType(queue.type) ? 'rows' : 'candles', ...(queue.type === 'api_trades' && { unit: 'trades', first_trade_id: 5, last_trade_id: 900 }) }),
    }),
    ...(isStageType(queue.type) && { result: { hash: hashOf(`abcdef`[index % 6]!), summary: queue.type } }),
  }))
  return { workflow: advanceWorkflow(plan.workflow, queues, now + 1_000), queues }
}

export const openTime = Date.UTC(2022, 7, 4, 20, 0)
const interval = { train: { from: Date.UTC(2022, 7, 1), to: Date.UTC(2022, 7, 3) }, validation: { from: Date.UTC(2022, 7, 3), to: Date.UTC(2022, 7, 4) }, test: { from: Date.UTC(2022, 7, 4), to: Date.UTC(2022, 7, 5) } }

/** What the stages of {@link finishedPlan} leave in the store: a forecast, the model, its run, the graph. Resolves with the forecast's key. */
export async function storeResults(store: Store, { workflow, queues }: WorkflowPlan): Promise<string> {
  const of = (type: string) => queues.find((queue) => queue.type === type)!
  const common = { workflow_id: workflow.workflow_id, symbols: ['BTCUSDT', 'ETHUSDT'], interval: '5m' as const }
  const run: TrainingRun = {
    ...common, _key: 'run-a1b2c3', run_id: 'run-a1b2c3', queue_id: of('train_gnn_5m').queue_id, model: 'gnn-5m', status: 'finished', kind: 'gnn', parameters: { hidden: 32 },
    backend: 'wasm', seed: 42, code_version: '0.1.0', feature_set: 'bars_v1', parts: interval, graph_version: 'a1b2c3_5m_1', data: [], epochs: [], model_version: 3, started_at: now, message: 'done',
  }
  const version: ModelVersion = {
    ...common, _key: 'gnn-5m_v3', model: 'gnn-5m', version: 3, run_id: run.run_id, queue_id: run.queue_id, path: 'models/gnn-5m/run-a1b2c3', files: [], hash: hashOf('e'), feature_set: 'bars_v1',
    horizon_bars: 1, window_bars: 8, graph_version: 'a1b2c3_5m_1', scores: {}, baselines: {}, held_out: interval.test, promotion: { promoted: true, reason: 'the first' }, created_at: now,
  }
  const graph: GraphVersion = {
    ...common, _key: 'a1b2c3_5m_1', version: 'a1b2c3_5m_1', venue: 'binance', queue_id: of('graph_5m').queue_id, from: interval.train.from, to: interval.train.to, parameters: { nearest: 8, features: featureSets.bars_v1.length },
    statistics: { vertices: 2, edges: 1, isolated: 0, density: 1, mean_degree: 1, kinds: {} }, hash: hashOf('d'), created_at: now,
  }
  const forecast: Forecast = {
    kind: 'forecast', venue: 'binance', symbol: 'BTCUSDT', interval: '5m', open_time: openTime, model: 'gnn-5m', model_version: 3, horizon_bars: 1, run_id: run.run_id, close: 20_000, value: 0.001,
    low: -0.002, high: 0.004, coverage: 0.9, inputs: [{ topic: of('features_5m').kafka_topic, partition: 0, offset: '17' }], target_time: openTime + 600_000, event_time: openTime + 300_000,
    known_time: now, backfilled: true,
  }
  const key = forecastKey(forecast)
  for (const [collection, document] of [
    ['training_runs', run], ['model_versions', version], [assetGraph.versions, graph], [of('forecast_5m').collection_name, { _key: key, ...forecast }],
  ] as const) {
    await store.ensureCollection(collection)
    await store.writeBatch(collection, [document])
  }
  return key
}

/** Stores a finished workflow with its topics and results, as if all had been done. Resolves with the key of a forecast of it. */
export async function storeFinished(store: Store, bus: Bus, plan: WorkflowPlan): Promise<string> {
  await (await openWorkflowRecords(store)).insert(plan)
  for (const queue of plan.queues) if (!queue.topic_deleted) await bus.admin.createTopic({ name: queue.kafka_topic, partitions: 1 })
  return storeResults(store, plan)
}
