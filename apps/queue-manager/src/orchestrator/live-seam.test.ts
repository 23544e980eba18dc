import { recordKey, Workflow, WorkflowRequest, type Trade } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { certificate } from '../queue/queue-fixture.ts'
import type { StoredQueue } from '@streamforge/contracts'
import type { Orchestrator } from './orchestrator.ts'
import { openTestPlatform, type TestPlatform } from './test-platform.ts'

const from = Date.UTC(2022, 7, 1)
const request = WorkflowRequest.parse({ symbols: ['BTCUSDT'], types: ['api_trades', 'ws_trades'], time_range: '2022-08-01:' })
const trade = (id: number): Trade => ({
  kind: 'trade', venue: 'binance', symbol: 'BTCUSDT', trade_id: id, price: 1, quantity: 1, buyer_maker: false, event_time: from + 3_600_000 + id,
  known_time: from + 3_600_000 + id, backfilled: false,
})
const checkpoint = [{ shard: 0, position: 503, records: 3, first_trade_id: 500, done: false }]

let platform: TestPlatform
beforeEach(async () => { platform = await openTestPlatform() })
afterEach(() => platform.close())

const of = (workflow: Workflow, type: string) => workflow.queues.find((q) => q.type === type)!
const until = (condition: () => Promise<boolean> | boolean) => expect.poll(condition, { timeout: 10_000, interval: 5 }).toBe(true)
const storeTrades = async (workflow: Workflow, ids: readonly number[]) => {
  const { collection_name: collection } = of(workflow, 'ws_trades')
  await platform.store.ensureCollection(collection)
  await platform.store.writeBatch(collection, ids.map((id) => ({ _key: recordKey(trade(id)), ...trade(id) })))
}

describe('a workflow of history and live trades', () => {
  it('starts live, then loads history up to its first trade, and ends history while live goes on', async () => {
    const orchestrator = await platform.start({ maxActiveQueues: 1 })
    const planned = await orchestrator.create(request)
    const id = planned.workflow_id
    const live = await platform.launched('loader-producer')
    expect(live).toMatchObject({ type: 'ws_trades', time_range: '2022-08-01:', shards: [], image: expect.stringContaining('loader-ws') })
    await platform.say(live, { status: 'loading', records_written: 3, checkpoint })
    await until(async () => of(await orchestrator.workflow(id), 'ws_trades').jobs[0]?.records_written === 3)
    expect(of(await orchestrator.workflow(id), 'api_trades')).toMatchObject({ status: 'pending', shards: [] })
    await storeTrades(planned, [500, 501, 502])
    const history = await platform.launched('loader-producer', 2)
    const to = trade(500).event_time + 1
    expect(history).toMatchObject({ type: 'api_trades', collection_name: live.collection_name, time_range: `2022-08-01:${new Date(to).toISOString()}` })
    expect(history.shards.at(-1)).toMatchObject({ to })
    await finish(history)
    await until(async () => of(await orchestrator.workflow(id), 'api_trades').status === 'finished')
    await until(async () => (await orchestrator.workflow(id)).status === 'running')

    Workflow.parse(await orchestrator.stop(id, 'enough'))
    await platform.say(live, { status: 'stopped' })
    const connector = platform.played.launches.find((l) => l.type === 'ws_trades' && l.target === 'arango-connector')!
    await platform.say(connector, { status: 'finished', finished: true, certificate: certificate(queueOf(connector), { open: true }) })
    await until(async () => (await orchestrator.workflow(id)).status === 'stopped')
    const ended = await orchestrator.workflow(id)
    expect(ended.queues.map((q) => [q.type, q.status, q.certificate?.complete])).toEqual([['api_trades', 'finished', true], ['ws_trades', 'stopped', true]])
    expect(platform.played.cancelled).toEqual([])
  })

  it('comes to the same end of history when the orchestrator dies at any step', async () => {
    let orchestrator = await platform.start()
    const restart = async (what: Orchestrator) => {
      await what.close()
      orchestrator = await platform.start()
      await orchestrator.recovered
    }
    const planned = await orchestrator.create(request)
    await restart(orchestrator)
    const live = await platform.launched('loader-producer')
    await restart(orchestrator)
    await platform.say(live, { status: 'loading', records_written: 3, checkpoint })
    await restart(orchestrator)
    await storeTrades(planned, [500, 501, 502])
    await restart(orchestrator)
    const history = await platform.launched('loader-producer', 2)
    await restart(orchestrator)
    await storeTrades(planned, [503, 504])
    expect(history.shards.at(-1)?.to).toBe(trade(500).event_time + 1)
    expect(of(await orchestrator.workflow(planned.workflow_id), 'api_trades').to).toBe(trade(500).event_time + 1)
    await until(() => platform.played.launches.length === 4)
    expect(platform.played.launches.map((l) => `${l.type} ${l.target} ${l.attempt}`).toSorted()).toEqual([
      'api_trades arango-connector 1', 'api_trades loader-producer 1', 'ws_trades arango-connector 1', 'ws_trades loader-producer 1',
    ])
  })

  it('gives up history when live fails before its first trade, and begins both anew on a retry', async () => {
    const orchestrator = await platform.start()
    const { workflow_id: id } = await orchestrator.create(request)
    const live = await platform.launched('loader-producer')
    await platform.say(live, { status: 'error', error: { code: 'UNKNOWN_SYMBOL', message: 'no such symbol', retryable: false } })
    await until(async () => (await orchestrator.workflow(id)).status === 'failed')
    expect((await orchestrator.workflow(id)).queues.map((q) => q.status)).toEqual(['stopped', 'failed'])
    await orchestrator.retry(id)
    expect(await platform.launched('loader-producer', 2)).toMatchObject({ type: 'ws_trades', attempt: 2 })
    expect(of(await orchestrator.workflow(id), 'api_trades')).toMatchObject({ status: 'pending' })
  })
})

describe('live queues', () => {
  it('have a room of their own', async () => {
    const orchestrator = await platform.start({ maxActiveQueues: 1, maxLiveQueues: 1 })
    await orchestrator.create(WorkflowRequest.parse({ symbols: ['AUSDT', 'BUSDT'], types: ['ws_trades', 'api_candles_5m'], time_range: '2022-08-01:' }))
    await platform.launched('arango-connector', 2)
    await until(() => platform.played.launches.length === 4)
    expect(platform.played.launches.map((l) => `${l.symbol} ${l.type}`)).toEqual(expect.arrayContaining(['AUSDT ws_trades', 'AUSDT api_candles_5m']))
    expect(platform.played.launches.some((l) => l.symbol === 'BUSDT')).toBe(false)
  })
})

const queueOf = (start: object) => ({ ...start, from, to: from + 1 } as unknown as StoredQueue)

async function finish(loader: Awaited<ReturnType<TestPlatform['launched']>>) {
  await until(() => platform.played.launches.some((l) => l.queue_id === loader.queue_id && l.target === 'arango-connector'))
  const connector = platform.played.launches.find((l) => l.queue_id === loader.queue_id && l.target === 'arango-connector')!
  await platform.say(loader, { status: 'finished', finished: true, records_written: 10 })
  await platform.say(connector, { status: 'finished', finished: true, records_written: 10, certificate: certificate(queueOf(loader)) })
  for (const job of [loader, connector]) platform.played.end(job, { status: 'succeeded' })
}
