import { StoredQueue, StoredWorkflow, StreamForgeError, WorkflowTypes, type WorkflowRequestInput } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { stageSpec } from '../orchestrator/stage-spec.ts'
import { finishedPlan, hashOf, now, planned } from './pipeline-fixture.ts'
import { planReplay, type ReplayContext } from './plan-replay.ts'
import { replayReport } from './replay-report.ts'
import { workflowTypes } from './workflow-types.ts'

const stagesOf = (more: Partial<WorkflowRequestInput> = {}) => {
  const { workflow, queues } = planned('wf-a1b2c3', more)
  for (const queue of queues) expect(StoredQueue.parse(queue)).toEqual(queue)
  expect(StoredWorkflow.parse(workflow)).toEqual(workflow)
  return { workflow, data: queues.filter((q) => q.symbol !== 'ALL'), stages: queues.filter((q) => q.symbol === 'ALL') }
}
const refused = (more: Partial<WorkflowRequestInput>) => {
  try {
    planned('wf-a1b2c3', more)
  } catch (error) {
    if (error instanceof StreamForgeError) return error
    throw error
  }
  throw new Error('was not refused')
}
const whole: ReplayContext = { workflowId: 'wf-0f0f0f', now, isWhole: () => true }

describe('the stages of a workflow', () => {
  it('come after the data, each after the one before, with the workers that they need', () => {
    const { data, stages, workflow } = stagesOf()
    expect(stages.map((s) => [s.type, s.jobs.map((j) => j.target)])).toEqual([
      ['features_5m', ['processor', 'arango-connector']], ['graph_5m', ['graph-builder']], ['train_gnn_5m', ['trainer']], ['forecast_5m', ['predictor', 'arango-connector']],
    ])
    const ids = data.map((q) => q.queue_id)
    expect(stages.map((s) => s.after)).toEqual([ids, [stages[0]!.queue_id, ...ids], [stages[1]!.queue_id, ...ids], [stages[2]!.queue_id, ...ids]])
    expect(stages.map((s) => s.collection_name)).toEqual(['features_5m_a1b2c3', 'asset_relations', 'training_runs', 'forecasts_5m_a1b2c3'])
    expect(stages.map((s) => s.topic_deleted)).toEqual([false, true, true, false])
    expect(stages.map((s) => s.records_total)).toEqual([2 * 4 * 288, undefined, 3, undefined])
    expect(stages[0]).toMatchObject({ queue_id: 'wf-all-features_5m-20220801-a1b2c3', time_range: '2022-08-01:2022-08-05' })
    expect(workflow.estimate.note).toContain('then features_5m, graph_5m, train_gnn_5m, forecast_5m')
  })

  it('take the shortest candles when no interval is named', () => {
    const { stages } = stagesOf({ types: ['api_candles_1h', 'api_candles_15m'], pipeline: { type: 'features' } })
    expect(stages.map((s) => s.type)).toEqual(['features_15m'])
  })

  it('end with forecasts that follow live bars, where there are any, and train on history', () => {
    const { data, stages } = stagesOf({ types: ['api_candles_5m', 'ws_candles_5m', 'api_trades', 'ws_trades'], time_range: '2024-01-01:' })
    const forecast = stages.at(-1)!
    expect(stages.map((s) => s.live)).toEqual([undefined, undefined, undefined, true])
    expect(stages[0]).toMatchObject({ to: Date.UTC(2024, 0, 10, 12, 0), time_range: '2024-01-01:2024-01-10T12:00Z' })
    expect(stages[0]!.after).toEqual(data.filter((q) => q.type.startsWith('api')).map((q) => q.queue_id))
    expect(forecast).toMatchObject({ time_range: '2024-01-01:', shards: [] })
    expect(forecast).not.toHaveProperty('to')
    expect(forecast.jobs.map((j) => j.target)).toEqual(['processor', 'predictor', 'arango-connector'])
    expect(forecast.after).toEqual([stages[2]!.queue_id, ...data.map((q) => q.queue_id)])
  })

  it('end with the signals of an agent that follows live bars, and without live bars with its backtests', () => {
    const pipeline = { type: 'trade_agent', agent: { steps: 500, walks: 2 } } as const
    const { stages: trained } = stagesOf({ pipeline })
    expect(trained.map((s) => [s.type, s.collection_name, s.records_total])).toEqual([['features_5m', 'features_5m_a1b2c3', 2 * 4 * 288], ['train_agent_5m', 'training_runs', 2 * 2 * 500]])
    const { stages, data } = stagesOf({ pipeline, types: ['api_candles_5m', 'ws_candles_5m'], time_range: '2024-01-01:' })
    expect(stages.map((s) => [s.type, s.live, s.collection_name])).toEqual([
      ['features_5m', undefined, 'features_5m_a1b2c3'], ['train_agent_5m', undefined, 'training_runs'], ['forecast_5m', true, 'signals_5m_a1b2c3'],
    ])
    expect(stages[2]!.jobs.map((j) => j.target)).toEqual(['processor', 'predictor', 'arango-connector'])
    expect(stages[2]!.after).toEqual([stages[1]!.queue_id, ...data.map((q) => q.queue_id)])
  })

  it('may be live features alone', () => {
    const { stages } = stagesOf({ types: ['ws_candles_1m', 'ws_trades'], time_range: '2024-01-10:', pipeline: { type: 'features' } })
    expect(stages).toMatchObject([{ type: 'features_1m', live: true, time_range: '2024-01-10:' }])
    expect(stages[0]!.jobs.map((j) => j.target)).toEqual(['processor', 'arango-connector'])
  })

  it.each([
    [{ types: ['api_trades'] }, 'INVALID_FIELD', 'pipeline.feature_interval'],
    [{ pipeline: { type: 'features', feature_interval: '1h' } }, 'INVALID_FIELD', 'pipeline.feature_interval'],
    [{ types: ['api_candles_1M'], time_range: '2018-01-01:2022-01-01' }, 'INVALID_FIELD', 'pipeline.feature_interval'],
    [{ symbols: ['BTCUSDT'] }, 'INVALID_FIELD', 'symbols'],
    [{ types: ['ws_candles_5m'], time_range: '2024-01-10:' }, 'INVALID_FIELD', 'types'],
    [{ time_range: '2022-08-01T00:00Z:2022-08-01T08:00Z' }, 'TOO_FEW_BARS', 'time_range'],
    [{ pipeline: { type: 'train_gnn', training: { window_bars: 400 } } }, 'TOO_FEW_BARS', 'time_range'],
    [{ pipeline: { type: 'trade_agent', agent: { walks: 20 } }, time_range: '2022-08-01:2022-08-02' }, 'TOO_FEW_BARS', 'time_range'],
    [{ pipeline: { type: 'trade_agent' }, types: ['ws_candles_5m'], time_range: '2024-01-10:' }, 'INVALID_FIELD', 'types'],
  ] as const)('are refused: %j', (more, code, field) => {
    const error = refused(more as Partial<WorkflowRequestInput>)
    expect(error.code).toBe(code)
    expect(error.status).toBe(422)
    expect(error.details['errors']).toMatchObject([{ field }])
    expect(error.remedy).toBeTruthy()
  })

  it('are listed with the types', () => {
    expect(WorkflowTypes.parse(workflowTypes()).pipelines).toMatchObject([
      { type: 'features', available: true }, { type: 'train_gnn', stages: ['features', 'graph', 'train_gnn', 'forecast'], available: true },
      { type: 'trade_agent', stages: ['features', 'train_agent'], available: true },
    ])
  })
})

describe('what a stage is told', () => {
  it('names the data with its certificates, and the stages before with what they came to', () => {
    const { workflow, queues } = finishedPlan('wf-a1b2c3')
    const train = queues.find((q) => q.type === 'train_gnn_5m')!
    const spec = stageSpec(workflow, train, queues, now)
    expect(spec).toMatchObject({ _key: train.queue_id, type: 'train_gnn_5m', interval: '5m', symbols: ['BTCUSDT', 'ETHUSDT'], live: false, to: Date.UTC(2022, 7, 5) })
    expect(spec.inputs.map((i) => i.type)).toEqual(['api_candles_5m', 'api_trades', 'api_candles_5m', 'api_trades', 'features_5m', 'graph_5m'])
    expect(spec.inputs[0]).toMatchObject({ checksum: hashOf('0'), collection_name: 'btcusdt_api_candles_5m_2022_08_01' })
    expect(spec.inputs.at(-1)!.result).toEqual({ hash: hashOf('f'), summary: 'graph_5m' })
    expect(spec).not.toHaveProperty('replay_of')
  })
})

describe('a replay', () => {
  const original = finishedPlan('wf-a1b2c3')
  const { workflow, queues } = planReplay(original.workflow, original.queues, whole)

  it('reads the same topics into collections of its own, and goes through the same stages', () => {
    for (const queue of queues) expect(StoredQueue.parse(queue)).toEqual(queue)
    expect(StoredWorkflow.parse(workflow)).toEqual(workflow)
    expect(workflow).toMatchObject({ replay_of: 'wf-a1b2c3', name: 'replay of wf-a1b2c3', status: 'pending' })
    expect(queues).toHaveLength(original.queues.length)
    for (const [i, queue] of queues.entries()) {
      const before = original.queues[i]!
      expect(queue).toMatchObject({ type: before.type, symbol: before.symbol, time_range: before.time_range, original: { queue_id: before.queue_id } })
      expect(queue.queue_id).toBe(before.queue_id.replace('a1b2c3', '0f0f0f'))
      expect(queue.collection_name === before.collection_name).toBe(queue.type === 'train_gnn_5m')
      if (queue.symbol === 'ALL') continue
      expect(queue).toMatchObject({ kafka_topic: before.kafka_topic, topic_of: before.queue_id, topic_deleted: true })
      expect(queue.jobs.map((j) => j.target)).toEqual(['arango-connector'])
    }
    const spec = stageSpec(workflow, queues.at(-1)!, queues, now)
    expect(spec).toMatchObject({ replay_of: 'wf-a1b2c3', original: { result: original.queues.at(-1)!.result } })
  })

  it('is refused when there is nothing to repeat, or no end to compare', () => {
    const replay = (change: object, context = whole, of = original) => () => planReplay({ ...of.workflow, ...change }, of.queues, context)
    const impossible = (message: string) => expect.objectContaining({ code: 'REPLAY_IMPOSSIBLE', message: expect.stringContaining(message), remedy: expect.stringMatching(/./) })
    expect(replay({ status: 'failed' })).toThrow(impossible('is failed'))
    expect(replay({ replay_of: 'wf-ffffff' })).toThrow(impossible('is a replay itself'))
    expect(replay({}, { ...whole, isWhole: (topic) => !topic.includes('ethusdt-api_trades') })).toThrow(impossible('1 data topics of workflow wf-a1b2c3 are not there'))
    const live = planned('wf-a1b2c3', { types: ['api_candles_5m', 'ws_candles_5m'], time_range: '2024-01-01:' })
    expect(replay({ status: 'stopped' }, whole, live)).toThrow(impossible('is live'))
  })

  it('is reported queue by queue, and differs as soon as one hash does', () => {
    expect(replayReport(workflow, queues)).toMatchObject({ replay_of: 'wf-a1b2c3', status: 'pending', queues: expect.arrayContaining([expect.not.objectContaining({ same: true })]) })
    expect(replayReport(workflow, queues)).not.toHaveProperty('same')
    const done = queues.map((queue, i) => ({ ...queue, ...(original.queues[i]!.certificate && { certificate: original.queues[i]!.certificate! }), ...(original.queues[i]!.result && { result: original.queues[i]!.result! }) }))
    const report = replayReport({ ...workflow, status: 'finished' }, done)
    expect(report.same).toBe(true)
    expect(report.queues.map((row) => `${row.type} ${row.compared}`)).toEqual([
      'api_candles_5m certificate', 'api_trades certificate', 'api_candles_5m certificate', 'api_trades certificate', 'features_5m certificate', 'features_5m result',
      'graph_5m result', 'train_gnn_5m result', 'forecast_5m certificate', 'forecast_5m result',
    ])
    const other = done.map((queue) => (queue.type === 'graph_5m' ? { ...queue, result: { hash: hashOf('9'), summary: '' } } : queue))
    const different = replayReport({ ...workflow, status: 'running' }, other)
    expect(different.same).toBe(false)
    expect(different.queues.filter((row) => row.same === false)).toMatchObject([{ type: 'graph_5m', original: hashOf('f'), replay: hashOf('9') }])
    expect(() => replayReport(original.workflow, original.queues)).toThrow(expect.objectContaining({ code: 'CONFLICT' }))
  })
})
