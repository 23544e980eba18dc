import { parseTimeRange, StoredQueue, StoredWorkflow, StreamForgeError, WorkflowRequest, type WorkflowRequestInput } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { instrumentList } from './instrument-list.ts'
import { planWorkflow } from './plan-workflow.ts'
import { workflowTypes } from './workflow-types.ts'

const now = Date.UTC(2024, 0, 10, 12, 3)
const instruments = new Set(['BTCUSDT', 'ETHUSDT'])
const base: WorkflowRequestInput = { symbols: ['BTCUSDT'], types: ['api_candles_5m'], time_range: '2022-08-01:2022-08-02' }
const plan = (more: Partial<WorkflowRequestInput> = {}, context: Partial<Parameters<typeof planWorkflow>[1]> = {}) =>
  planWorkflow(WorkflowRequest.parse({ ...base, ...more }), { workflowId: 'wf-a1b2c3', now, instruments, maxActiveQueues: 2, ...context })
const refused = (more: Partial<WorkflowRequestInput>) => {
  try {
    plan(more)
  } catch (error) {
    if (error instanceof StreamForgeError) return error
    throw error
  }
  throw new Error('was not refused')
}

describe('planning a workflow', () => {
  it('makes a queue of each symbol and type, as the contracts describe them', () => {
    const { workflow, queues } = plan({ symbols: ['BTCUSDT', 'ETHUSDT'], types: ['api_candles_5m', 'api_trades'] })
    expect(queues.map((q) => q.queue_id)).toEqual([
      'wf-btcusdt-api_candles_5m-20220801-a1b2c3', 'wf-btcusdt-api_trades-20220801-a1b2c3',
      'wf-ethusdt-api_candles_5m-20220801-a1b2c3', 'wf-ethusdt-api_trades-20220801-a1b2c3',
    ])
    for (const queue of queues) expect(StoredQueue.parse(queue)).toEqual(queue)
    expect(StoredWorkflow.parse(workflow)).toEqual(workflow)
    expect(queues[0]).toMatchObject({ records_total: 288, collection_name: 'btcusdt_api_candles_5m_2022_08_01', kafka_topic: `${queues[0]!.queue_id}-data` })
    expect(queues[1]?.records_total).toBeUndefined()
    expect(queues.map((q) => q.position)).toEqual(queues.map((q) => q.position).toSorted())
  })

  it('covers the range with the shards asked for', () => {
    const { queues } = plan({ time_range: '2022-08-01:2022-08-09', options: { shards: 4 } })
    const { from, to } = parseTimeRange('2022-08-01:2022-08-09')
    const { shards } = queues[0]!
    expect(shards).toHaveLength(4)
    expect([shards[0]!.from, shards.at(-1)!.to]).toEqual([from, to])
    for (let i = 1; i < shards.length; i++) expect(shards[i]!.from).toBe(shards[i - 1]!.to)
  })

  it('takes what is asked for twice once', () => {
    expect(plan({ symbols: ['BTCUSDT', 'BTCUSDT'], types: ['api_candles_5m', 'api_candles_5m'] }).queues).toHaveLength(1)
  })

  it('loads only what has closed, and says so', () => {
    const { queues, workflow } = plan({ time_range: '2024-01-10:2024-01-12' })
    expect(queues[0]).toMatchObject({ to: Date.UTC(2024, 0, 10, 12, 0), time_range: '2024-01-10:2024-01-10T12:00Z', records_total: 144 })
    expect(workflow.estimate.note).toContain('2024-01-10T12:00Z')
  })

  it('estimates requests, weight, records and minutes', () => {
    const { estimate } = plan({ symbols: ['BTCUSDT', 'ETHUSDT'], time_range: '2022-08-01:2022-09-01' }).workflow
    expect(estimate).toMatchObject({ records: 2 * 31 * 288 })
    expect(estimate.requests).toBeGreaterThan(0)
    expect(estimate.minutes).toBeGreaterThan(0)
  })

  it('accepts symbols on trust when the venue cannot be asked', () => {
    const { workflow } = plan({ symbols: ['NOSUCHUSDT'] }, { instruments: undefined })
    expect(workflow.estimate.note).toContain('could not be asked')
  })

  it.each([
    [{ symbols: ['BTCUSDT', 'NOSUCHUSDT'] }, 'UNKNOWN_SYMBOL', 'symbols.1'],
    [{ types: ['ws_trades'] }, 'BAD_TIME_RANGE', 'time_range'],
    [{ types: ['api_trades', 'ws_trades'], time_range: '2022-08-01:2022-08-02' }, 'BAD_TIME_RANGE', 'time_range'],
    [{ types: ['api_candles_5m', 'api_candles_1s'], venue: 'coinbase' }, 'UNKNOWN_TYPE', 'types.1'],
    [{ time_range: '2024-01-11:2024-01-12' }, 'BAD_TIME_RANGE', 'time_range'],
    [{ time_range: '2022-08-01T00:01Z:2022-08-01T00:04Z' }, 'BAD_TIME_RANGE', 'time_range'],
    [{ time_range: '2018-01-01:2024-01-01', types: ['api_candles_1s'] }, 'BAD_TIME_RANGE', 'time_range'],
    [{ symbols: Array.from({ length: 2_000 }, (_, i) => `S${i}USDT`), types: ['api_candles_1m', 'api_candles_5m', 'api_trades'] }, 'INVALID_FIELD', 'symbols'],
  ] as const)('refuses %j', (more, code, field) => {
    const error = refused(more as Partial<WorkflowRequestInput>)
    expect(error.code).toBe(code)
    expect(error.details['errors']).toMatchObject([{ field }])
    expect(error.remedy).toBeTruthy()
  })

  it('refuses a venue it does not know, and a range that is malformed or reversed', () => {
    expect(refused({ venue: 'nowhere' }).code).toBe('UNKNOWN_VENUE')
    expect(refused({ time_range: '2022-08-02:2022-08-01' })).toMatchObject({ code: 'BAD_TIME_RANGE', message: expect.stringContaining('reversed') })
  })
})

describe('planning live data', () => {
  const live = (types: WorkflowRequestInput['types'], time_range = '2024-01-10:') => {
    const { queues, workflow } = plan({ types, time_range })
    for (const queue of queues) expect(StoredQueue.parse(queue)).toEqual(queue)
    expect(StoredWorkflow.parse(workflow)).toEqual(workflow)
    return queues
  }

  it('has no end, shards or total', () => {
    const [queue] = live(['ws_trades'])
    expect(queue).toMatchObject({ time_range: '2024-01-10:', shards: [], collection_name: 'btcusdt_ws_trades_2024_01_10' })
    expect(queue).not.toHaveProperty('to')
    expect(queue).not.toHaveProperty('records_total')
  })

  it('may have an end to come', () => {
    expect(live(['ws_orderbook'], '2024-01-10:2024-02-01')[0]).toMatchObject({ to: Date.UTC(2024, 1, 1), time_range: '2024-01-10:2024-02-01' })
  })

  it('shares its collection with the history that leads up to it, which waits to hear where live began', () => {
    const [history, trades] = live(['api_trades', 'ws_trades'])
    expect(history).toMatchObject({ ends_at_queue: trades!.queue_id, time_range: '2024-01-10:', shards: [] })
    expect(history).not.toHaveProperty('to')
    expect(trades!.collection_name).toBe(history!.collection_name)
    expect(trades!.jobs[0]!.checkpoint).toEqual([])
  })

  it('lets live candles go on from the candle at which their history ends', () => {
    const [history, candles] = live(['api_candles_5m', 'ws_candles_5m'])
    const end = Date.UTC(2024, 0, 10, 12, 0)
    expect(history).toMatchObject({ to: end, records_total: 144 })
    expect(history).not.toHaveProperty('ends_at_queue')
    expect(candles!.jobs.map((job) => job.checkpoint)).toEqual([[{ shard: 0, position: end, records: 0, done: false }], []])
    expect(candles!.collection_name).toBe(history!.collection_name)
  })

  it("goes by the venue's clock", () => {
    const { queues } = plan({ types: ['api_candles_5m', 'ws_candles_5m'], time_range: '2024-01-10:' }, { clockLead: -3_600_000 })
    const end = Date.UTC(2024, 0, 10, 11, 0)
    expect(queues[0]).toMatchObject({ to: end })
    expect(queues[1]!.jobs[0]!.checkpoint).toMatchObject([{ position: end }])
  })

  it('loads other history as far as it goes now', () => {
    const [history, trades] = live(['api_candles_1m', 'ws_trades'])
    expect(history).toMatchObject({ to: Date.UTC(2024, 0, 10, 12, 2), collection_name: 'btcusdt_api_candles_1m_2024_01_10' })
    expect(trades!.collection_name).toBe('btcusdt_ws_trades_2024_01_10')
  })
})

describe('the types', () => {
  it('lists what can be loaded, history and live', () => {
    const { types } = workflowTypes()
    expect(types.find((t) => t.type === 'api_candles_5m')).toMatchObject({ available: true, venues: expect.arrayContaining(['binance']) })
    expect(types.find((t) => t.type === 'ws_trades')).toMatchObject({ available: true, source: 'ws', venues: expect.arrayContaining(['binance']) })
  })
})

describe('the instruments of a venue', () => {
  const venue = (answers: (string[] | undefined)[]) => {
    let asked = 0
    let time = 0
    const list = instrumentList({
      urls: {}, now: () => time,
      open: () => ({
        instruments: async () => {
          const symbols = answers[asked++]
          if (!symbols) throw new StreamForgeError('VENUE_UNREACHABLE', 'away')
          return symbols.map((symbol) => ({ symbol, status: 'trading' as const }))
        },
        serverTime: async () => time + 250,
        close: async () => undefined,
      }),
    })
    return { list, asked: () => asked, wait: (ms: number) => { time += ms } }
  }

  it('are asked for once in ten minutes', async () => {
    const { list, asked, wait } = venue([['A'], ['B']])
    expect(await Promise.all([list.symbols('x'), list.symbols('x')])).toEqual([new Set(['A']), new Set(['A'])])
    wait(599_999)
    expect(await list.symbols('x')).toEqual(new Set(['A']))
    expect(asked()).toBe(1)
    wait(1)
    expect(await list.symbols('x')).toEqual(new Set(['B']))
  })

  it('are asked for again soon after the venue did not answer', async () => {
    const { list, wait } = venue([undefined, ['A']])
    expect(await list.symbols('x')).toBeUndefined()
    expect(await list.symbols('x')).toBeUndefined()
    wait(30_000)
    expect(await list.symbols('x')).toEqual(new Set(['A']))
  })

  it('say by how much its clock is ahead of ours', async () => {
    expect(await venue([]).list.clockLead('x')).toBe(250)
  })
})
