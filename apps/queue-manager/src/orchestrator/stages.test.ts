import { StageSpec, type StartCommand, type StoredQueue, type Target, type Workflow } from '@streamforge/contracts'
import { ensureGraphCollections, graphCollections } from '@streamforge/models'
import type { StoredDocument } from '@streamforge/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashOf, pipelineRequest } from '../plan/pipeline-fixture.ts'
import { certificate } from '../queue/queue-fixture.ts'
import { openTestPlatform, type TestPlatform } from './test-platform.ts'
import type { Orchestrator } from './orchestrator.ts'

let platform: TestPlatform
beforeEach(async () => { platform = await openTestPlatform() })
afterEach(() => platform.close())

const request = () => pipelineRequest({ types: ['api_candles_5m'], options: { max_attempts: 2 } })
const reaches = (orchestrator: Orchestrator, id: string, status: Workflow['status']) =>
  expect.poll(async () => (await orchestrator.workflow(id)).status, { timeout: 10_000, interval: 5 }).toBe(status)
const range = { from: Date.UTC(2022, 7, 1), to: Date.UTC(2022, 7, 5) }

/** The newest launch of a target for a type of queue, of a workflow when there are several. */
async function launched(target: Target, type: string, { attempt = 1, suffix = '' } = {}): Promise<StartCommand> {
  for (;;) {
    const found = platform.played.launches.find((l) => l.target === target && l.type === type && l.attempt === attempt && l.queue_id.endsWith(suffix))
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
async function finish(start: StartCommand, more: Parameters<TestPlatform['say']>[1] = {}) {
  await platform.say(start, { status: 'finished', finished: true, records_written: 1, ...more })
  platform.played.end(start, { status: 'succeeded' })
}
const certified = (start: StartCommand, checksum: string) => ({ certificate: certificate({ ...start, ...range } as unknown as StoredQueue, { checksum }) })

async function finishData(symbols: readonly string[]) {
  for (const symbol of symbols) {
    const of = (target: Target) => platform.played.launches.find((l) => l.target === target && l.symbol === symbol)!
    await expect.poll(() => of('arango-connector'), { interval: 2 }).toBeDefined()
    await finish(of('loader-producer'))
    await finish(of('arango-connector'), certified(of('arango-connector'), hashOf(symbol === 'BTCUSDT' ? '1' : '2')))
  }
}
async function finishStages(suffix: string, hashes: readonly [string, string, string, string], attempts: { train?: number } = {}) {
  const features = await launched('processor', 'features_5m', { suffix })
  await finish(features)
  const stored = await launched('arango-connector', 'features_5m', { suffix })
  await finish(stored, certified(stored, hashes[0]))
  await finish(await launched('graph-builder', 'graph_5m', { suffix }), { result: { hash: hashes[1], summary: '1 graph' } })
  await finish(await launched('trainer', 'train_gnn_5m', { suffix, attempt: attempts.train ?? 1 }), { result: { hash: hashes[2], summary: 'version 1', facts: { model_version: 1 } } })
  await finish(await launched('predictor', 'forecast_5m', { suffix }), { result: { hash: hashes[3], summary: '10 forecasts' } })
  const forecasts = await launched('arango-connector', 'forecast_5m', { suffix })
  await finish(forecasts, certified(forecasts, hashes[3]))
}
const queueOf = (workflow: Workflow, type: string) => workflow.queues.find((q) => q.type === type)!
const hashes = [hashOf('a'), hashOf('b'), hashOf('c'), hashOf('d')] as const
const specOf = async (start: StartCommand) => StageSpec.parse(await platform.store.get<StoredDocument>('stages', start.queue_id))

describe('a workflow with a pipeline', () => {
  it('runs one stage after the other, each told what the ones before came to', async () => {
    const orchestrator = await platform.start({ maxActiveQueues: 1 })
    const { workflow_id: id } = await orchestrator.create(request())
    await finishData(['BTCUSDT'])
    await platform.launched('loader-producer', 2)
    expect(platform.played.launches.some((l) => l.symbol === 'ALL')).toBe(false)
    await finishData(['ETHUSDT'])
    const processor = await launched('processor', 'features_5m')
    expect((await specOf(processor)).inputs.map((i) => i.checksum)).toEqual([hashOf('1'), hashOf('2')])
    expect(platform.played.launches.some((l) => l.type === 'graph_5m')).toBe(false)
    await finishStages('', hashes)
    await reaches(orchestrator, id, 'finished')
    const spec = await specOf(await launched('predictor', 'forecast_5m'))
    expect(spec.inputs.slice(2).map((i) => [i.type, i.checksum ?? i.result?.hash])).toEqual([['features_5m', hashOf('a')], ['graph_5m', hashOf('b')], ['train_gnn_5m', hashOf('c')]])
    expect(spec.inputs.at(-1)!.result?.facts).toEqual({ model_version: 1 })
    const { stages, queues } = await orchestrator.workflow(id)
    expect(stages.map((s) => s.stage)).toEqual(['loader-producer', 'arango-connector', 'processor', 'graph-builder', 'trainer', 'predictor'])
    expect(queues.find((q) => q.type === 'train_gnn_5m')!.result).toMatchObject({ hash: hashOf('c') })
  })

  it('stops the stages that wait when one fails, and a retry goes on from there', async () => {
    const first = await platform.start()
    const { workflow_id: id } = await first.create(request())
    await finishData(['BTCUSDT', 'ETHUSDT'])
    await finish(await launched('processor', 'features_5m'))
    const stored = await launched('arango-connector', 'features_5m')
    await finish(stored, certified(stored, hashOf('a')))
    await finish(await launched('graph-builder', 'graph_5m'), { result: { hash: hashOf('b'), summary: '' } })
    const trainer = await launched('trainer', 'train_gnn_5m')
    await platform.say(trainer, { records_written: 2, metrics: { epoch: 2, loss: 0.5 } })
    await platform.say(trainer, { status: 'error', error: { code: 'CONSTANT_SERIES', message: 'all prices are 1', retryable: false } })
    await reaches(first, id, 'failed')
    const failed = await first.workflow(id)
    expect(failed.reason).toContain('CONSTANT_SERIES')
    expect(failed.queues.map((q) => q.status)).toEqual(['finished', 'finished', 'finished', 'finished', 'failed', 'stopped'])
    expect(failed.queues[4]!.metrics).toEqual({ epoch: 2, loss: 0.5 })
    expect(failed.queues[5]!.jobs[0]!.message).toBe('its input ALL train_gnn_5m has failed')

    await first.close()
    const second = await platform.start()
    await second.retry(id)
    await finish(await launched('trainer', 'train_gnn_5m', { attempt: 2 }), { result: { hash: hashOf('c'), summary: '' } })
    await finish(await launched('predictor', 'forecast_5m'), { result: { hash: hashOf('d'), summary: '' } })
    const forecasts = await launched('arango-connector', 'forecast_5m')
    await finish(forecasts, certified(forecasts, hashOf('d')))
    await reaches(second, id, 'finished')
    expect(platform.played.launches.filter((l) => l.type === 'features_5m')).toHaveLength(2)
  })

  it('lets stages of one workflow run beside the data of another', async () => {
    const orchestrator = await platform.start({ maxActiveQueues: 1, maxActiveStages: 1 })
    await orchestrator.create(pipelineRequest({ types: ['api_candles_5m'], pipeline: { type: 'features' } }))
    await finishData(['BTCUSDT'])
    await platform.launched('loader-producer', 2)
    await finishData(['ETHUSDT'])
    await launched('processor', 'features_5m')
    const other = await orchestrator.create(pipelineRequest({ symbols: ['ADAUSDT', 'XRPUSDT'], types: ['api_candles_5m'], pipeline: { type: 'features' } }))
    await finishData(['ADAUSDT'])
    await expect.poll(() => platform.played.launches.some((l) => l.symbol === 'XRPUSDT')).toBe(true)
    await reaches(orchestrator, other.workflow_id, 'running')
  })

  it('is replayed from its topics, compared, and removed without a trace', async () => {
    const orchestrator = await platform.start()
    const { workflow_id: id } = await orchestrator.create(request())
    await expect(orchestrator.replay(id)).rejects.toMatchObject({ code: 'REPLAY_IMPOSSIBLE' })
    await finishData(['BTCUSDT', 'ETHUSDT'])
    await finishStages('', hashes)
    await reaches(orchestrator, id, 'finished')
    await expect(orchestrator.report(id)).rejects.toMatchObject({ code: 'CONFLICT' })

    const topics = (await platform.bus.admin.listTopics()).filter((t) => t.includes('usdt'))
    const { workflow_id: replayId, queues } = await orchestrator.replay(id)
    const suffix = replayId.slice(3)
    expect(queues[0]).toMatchObject({ topic_of: topics[0]!.replace('-data', ''), kafka_topic: topics[0] })
    await expect(orchestrator.remove(id, { data: true })).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('a replay of workflow') })
    for (const [i, symbol] of ['btcusdt', 'ethusdt'].entries()) {
      const connector = await launched('arango-connector', 'api_candles_5m', { suffix: `${symbol}-api_candles_5m-20220801-${suffix}` })
      expect(connector).toMatchObject({ topic_of: topics[i]!.replace('-data', ''), kafka_topic: topics[i], collection_name: `replay_${suffix}_${symbol}_api_candles_5m_2022_08_01` })
      await finish(connector, certified(connector, hashOf(String(i + 1))))
    }
    expect(platform.played.launches.some((l) => l.target === 'loader-producer' && l.queue_id.endsWith(suffix))).toBe(false)
    await finishStages(suffix, [hashes[0], hashes[1], hashOf('9'), hashes[3]])
    await reaches(orchestrator, replayId, 'finished')
    expect(await specOf(await launched('trainer', 'train_gnn_5m', { suffix }))).toMatchObject({ replay_of: id, original: { result: { hash: hashOf('c') } } })
    const report = await orchestrator.report(replayId)
    expect(report.same).toBe(false)
    expect(report.queues.filter((row) => !row.same).map((row) => row.type)).toEqual(['train_gnn_5m'])

    await platform.store.ensureCollection(queues[0]!.collection_name)
    await orchestrator.remove(replayId, { data: true })
    expect((await platform.bus.admin.listTopics()).filter((t) => t.includes('usdt'))).toEqual(topics)
    expect((await platform.store.listCollections()).map((c) => c.name).filter((name) => name.includes(suffix))).toEqual([])
    expect(await platform.store.count('stages', { from: '', to: '~' })).toBe(4)
    const graph = queueOf(await orchestrator.workflow(id), 'graph_5m')
    const collections = graphCollections()
    await ensureGraphCollections(platform.store, collections)
    for (const [version, queue_id] of [['a1_5m_1', graph.queue_id], ['b2_5m_1', 'wf-all-graph_5m-20220801-bbbbbb']] as const) await platform.store.writeBatch(collections.versions, [{ _key: version, version, queue_id, to: 1 }])
    await platform.store.writeBatch(collections.edges, ['a1_5m_1_sector_A_B', 'b2_5m_1_sector_A_B'].map((_key) => ({ _key, _from: 'assets/a', _to: 'assets/b' })))
    await orchestrator.remove(id, { data: true })
    expect(await platform.store.count('stages')).toBe(0)
    for (const collection of [collections.versions, collections.edges]) expect((await platform.store.find(collection)).map((d) => d._key.slice(0, 7))).toEqual(['b2_5m_1'])
  })

  it('cannot be replayed once a topic is gone', async () => {
    const orchestrator = await platform.start()
    const { workflow_id: id } = await orchestrator.create(request())
    await finishData(['BTCUSDT', 'ETHUSDT'])
    await finishStages('', hashes)
    await reaches(orchestrator, id, 'finished')
    const [topic] = (await orchestrator.workflow(id)).queues.map((q) => q.kafka_topic)
    await platform.bus.admin.deleteTopic(topic!)
    await expect(orchestrator.replay(id)).rejects.toMatchObject({ code: 'REPLAY_IMPOSSIBLE', message: expect.stringContaining(topic!) })
  })
})

describe('a live workflow with a pipeline', () => {
  it('forecasts while it runs, and is stopped as a whole', async () => {
    const orchestrator = await platform.start({ maxLiveQueues: 4, instruments: { symbols: async () => undefined, clockLead: async () => 0 } })
    const from = Math.floor(Date.now() / 86_400_000 - 3) * 86_400_000
    const { workflow_id: id } = await orchestrator.create(pipelineRequest({ types: ['api_candles_5m', 'ws_candles_5m'], time_range: `${from}:` }))
    for (const symbol of ['BTCUSDT', 'ETHUSDT']) {
      for (const target of ['loader-producer', 'arango-connector'] as const) {
        await expect.poll(() => platform.played.launches.some((l) => l.target === target && l.symbol === symbol && l.type === 'api_candles_5m'), { interval: 2 }).toBe(true)
        const start = platform.played.launches.find((l) => l.target === target && l.symbol === symbol && l.type === 'api_candles_5m')!
        await finish(start, certified(start, hashOf('1')))
      }
    }
    await finish(await launched('processor', 'features_5m'))
    const stored = await launched('arango-connector', 'features_5m')
    await finish(stored, certified(stored, hashOf('a')))
    await finish(await launched('graph-builder', 'graph_5m'), { result: { hash: hashOf('b'), summary: '' } })
    await finish(await launched('trainer', 'train_gnn_5m'), { result: { hash: hashOf('c'), summary: '' } })
    const writers = [await launched('processor', 'forecast_5m'), await launched('predictor', 'forecast_5m')]
    expect(await specOf(writers[1]!)).toMatchObject({ live: true })
    for (const start of [...writers, await launched('arango-connector', 'forecast_5m')]) await platform.say(start, { status: 'started' })
    await expect.poll(async () => (await orchestrator.workflow(id)).queues.at(-1)!.jobs.map((j) => j.status)).toEqual(['running', 'running', 'running'])
    // A stage that fails does not end live data, and is tried again while that goes on.
    await platform.say(writers[1]!, { status: 'error', error: { code: 'MODEL_MISMATCH', message: 'no champion fits', retryable: false } })
    await expect.poll(async () => (await orchestrator.workflow(id)).queues.at(-1)!.status).toBe('failed')
    expect((await orchestrator.workflow(id)).status).toBe('running')
    await orchestrator.retry(id)
    for (const target of ['processor', 'predictor', 'arango-connector'] as const) await platform.say(await launched(target, 'forecast_5m', { attempt: 2 }), { status: 'started' })
    await expect.poll(async () => (await orchestrator.workflow(id)).queues.at(-1)!.jobs.map((j) => j.status)).toEqual(['running', 'running', 'running'])
    await expect(orchestrator.retry(id)).rejects.toMatchObject({ code: 'CONFLICT' })
    await orchestrator.stop(id, 'by request')
    for (const job of [...platform.played.jobs.values()].filter((j) => j.state.status === 'running')) {
      const start = platform.played.launches.findLast((l) => l.queue_id === job.queue_id && l.target === job.target)!
      await platform.say(start, { status: 'stopped' })
      platform.played.end(start, { status: 'succeeded' })
    }
    await reaches(orchestrator, id, 'stopped')
  })
})
