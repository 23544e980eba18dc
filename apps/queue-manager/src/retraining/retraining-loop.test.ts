import { RetrainingPolicy, StoredRetraining, WorkflowRequest, type ModelVersion } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Orchestrator } from '../orchestrator/orchestrator.ts'
import { openTestPlatform, type TestPlatform } from '../orchestrator/test-platform.ts'
import { lookAtRetraining, type RetrainingParts } from './retraining-loop.ts'
import { checkPolicy } from './retraining-request.ts'
import { retrainingRecords } from './retraining-records.ts'

const hour = 3_600_000
const bar = 300_000
const begin = Date.UTC(2025, 0, 10) + 60_000
const model = 'gnn-5m'
const policyOf = (more: object = {}) => RetrainingPolicy.parse({ symbols: ['AAAUSDT', 'BBBUSDT'], interval: '5m', history_bars: 2_000, new_bars: 12, minimum_interval_minutes: 0, ...more })

let platform: TestPlatform
let orchestrator: Orchestrator
let clock: number
let versions: ModelVersion[]
beforeEach(async () => {
  clock = begin
  versions = []
  platform = await openTestPlatform()
  orchestrator = await platform.start({ now: () => clock, maxActiveQueues: 1 })
})
afterEach(() => platform.close())

/** The registry as the trainer leaves it. */
const models: RetrainingParts['models'] = {
  versions: async () => versions,
  version: async (_model, version) => versions.find((v) => v.version === version),
  alias: async () => {
    const champion = versions.find((v) => v.promotion.promoted)
    return champion && { _key: `${model}_champion`, model, alias: 'champion', model_version: champion.version, version: 1, changed_at: clock, reason: 'r' }
  },
}
const parts = (more: Partial<RetrainingParts> = {}): RetrainingParts => ({ store: platform.store, orchestrator, models, instruments: { clockLead: async () => 0 }, log: pino({ level: 'silent' }), now: () => clock, ...more })
const look = (more?: Partial<RetrainingParts>) => lookAtRetraining(parts(more))
const records = () => retrainingRecords(platform.store)
const stored = async () => StoredRetraining.parse(await records().get(model))
const workflows = () => orchestrator.records.list({ limit: 100 })

/** Ends the training under way: its workflow, and the version that it made. */
async function finish(promoted: boolean): Promise<void> {
  const { current } = await stored()
  const workflow_id = current!.workflow_id!
  versions = [{ version: versions.length + 1, workflow_id, model, held_out: { from: current!.to - 100 * bar, to: current!.to }, promotion: { promoted, reason: promoted ? 'better' : 'not better' } } as ModelVersion, ...versions]
  await endWorkflow(workflow_id, 'finished')
}
/** The loop sees only how a workflow has ended. */
let endings = new Map<string, string>()
async function endWorkflow(id: string, status: string): Promise<void> { endings.set(id, status) }
const played = (): Partial<RetrainingParts> => ({
  orchestrator: {
    ...orchestrator, create: orchestrator.create, records: orchestrator.records,
    workflow: async (id) => ({ ...await orchestrator.workflow(id), ...(endings.has(id) && { status: endings.get(id) as 'finished' }) }),
  },
})
beforeEach(() => { endings = new Map() })

describe('a model without a champion', () => {
  it('is trained on history at once, then whenever enough bars came, each promoted only by the gate', async () => {
    await records().put(model, policyOf(), clock)
    await look(played())
    const [first] = await workflows()
    expect(first!.request).toMatchObject({ symbols: ['AAAUSDT', 'BBBUSDT'], types: ['api_candles_5m'], time_range: '2025-01-03T01:20Z:2025-01-10', pipeline: { type: 'train_gnn', model, feature_interval: '5m' } })
    expect(await stored()).toMatchObject({ current: { number: 1, workflow_id: first!.workflow_id, reason: 'there is no model yet' }, waits_for: 'the end of training 1' })
    // Nothing more begins while it runs.
    clock += 5 * hour
    await look(played())
    expect(await workflows()).toHaveLength(1)

    await finish(true)
    await look(played())
    expect(await stored()).toMatchObject({ trained_to: Date.UTC(2025, 0, 10), runs: [{ number: 1, outcome: 'promoted', model_version: 1, message: 'better' }] })
    expect((await stored()).current).toBeUndefined()
    await look(played())
    // Five hours later: 60 bars are new.
    expect(await stored()).toMatchObject({ current: { number: 2, to: Date.UTC(2025, 0, 10, 5), reason: '60 new bars since 2025-01-10T00:00:00.000Z' } })
    await finish(false)
    await look(played())
    clock += 11 * bar
    await look(played())
    expect(await stored()).toMatchObject({ runs: [{ number: 2, outcome: 'kept', message: 'not better' }, { number: 1 }], waits_for: '1 more new bars (11 of 12)' })
    clock += bar
    await look(played())
    expect(await stored()).toMatchObject({ current: { number: 3 } })
    expect(await workflows()).toHaveLength(3)
  })

  it('is trained once however often the loop dies, wherever it dies', async () => {
    await records().put(model, policyOf(), clock)
    // Every write of the store and every creation may be the last thing that a process does.
    for (let deadly = 1; deadly < 8; deadly++) {
      let actions = 0
      const dies = async <T>(action: () => Promise<T>): Promise<T> => {
        actions++
        if (actions > deadly) throw new Error('the process is dead')
        const done = await action()
        if (actions === deadly) throw new Error('the process died before it heard of it')
        return done
      }
      const store: Store = { ...platform.store, get: platform.store.get.bind(platform.store), find: platform.store.find.bind(platform.store), compareAndSet: (...args) => dies(() => platform.store.compareAndSet(...args)) }
      await look({ store, orchestrator: { ...orchestrator, records: orchestrator.records, create: (request) => dies(() => orchestrator.create(request)) } })
    }
    await look(played())
    expect(await workflows()).toHaveLength(1)
    expect((await stored()).current).toMatchObject({ number: 1, workflow_id: (await workflows())[0]!.workflow_id })
  })
})

it('goes on after a training that failed, was stopped or was deleted', async () => {
  await records().put(model, policyOf(), clock)
  await look(played())
  await endWorkflow((await stored()).current!.workflow_id!, 'failed')
  await look(played())
  expect(await stored()).toMatchObject({ failures: 1, runs: [{ outcome: 'failed' }] })
  await look(played())
  expect((await stored()).waits_for).toBe('2025-01-10T00:02:00.000Z, after 1 failed')
  clock += 60_000
  await look(played())
  expect(await stored()).toMatchObject({ current: { number: 2 } })
  const id = (await stored()).current!.workflow_id!
  await orchestrator.stop(id, 'enough')
  await expect.poll(async () => (await orchestrator.workflow(id)).status, { interval: 5 }).toBe('stopped')
  await orchestrator.remove(id, { data: false })
  await look()
  expect((await stored()).runs[0]).toMatchObject({ number: 2, outcome: 'stopped', message: 'the workflow was deleted' })
})

it('counts the champion that a person has trained, and the bars that are stored', async () => {
  versions = [{ version: 1, workflow_id: 'wf-000001', model, held_out: { from: begin - hour, to: Date.UTC(2025, 0, 10) }, promotion: { promoted: true, reason: 'r' } } as ModelVersion]
  await records().put(model, policyOf({ new_bars_from: 'stored' }), clock)
  await look()
  expect((await stored()).waits_for).toBe('bars: the store has none of some symbol, or the venue cannot be asked')
  const live = await orchestrator.create(WorkflowRequest.parse({ symbols: ['AAAUSDT', 'BBBUSDT'], types: ['api_candles_5m'], time_range: '2025-01-09:2025-01-10' }))
  const bars = (symbol: string, count: number) => Array.from({ length: count }, (_, i) => ({ _key: `${symbol}_5m_${Date.UTC(2025, 0, 10) + i * bar}`, open_time: Date.UTC(2025, 0, 10) + i * bar }))
  for (const { collection_name: collection, symbol } of live.queues) {
    await platform.store.ensureCollection(collection)
    await platform.store.writeBatch(collection, bars(symbol, symbol === 'AAAUSDT' ? 40 : 11))
  }
  await look()
  expect((await stored()).waits_for).toBe('1 more new bars (11 of 12)')
  const other = live.queues.find(({ symbol }) => symbol === 'BBBUSDT')!
  await platform.store.writeBatch(other.collection_name, bars('BBBUSDT', 13))
  await look()
  expect(await stored()).toMatchObject({ current: { number: 1, to: Date.UTC(2025, 0, 10) + 13 * bar } })
})

it('goes by the venue\'s clock, and waits while the venue cannot be asked', async () => {
  await records().put(model, policyOf(), clock)
  await look({ instruments: { clockLead: async () => undefined } })
  expect((await stored()).waits_for).toContain('the venue cannot be asked')
  await look({ instruments: { clockLead: async () => -365 * 24 * hour } })
  expect(await stored()).toMatchObject({ current: { to: Date.UTC(2024, 0, 11) } })
})

it('refuses a policy that no training could follow', () => {
  expect(() => checkPolicy(model, policyOf({ history_bars: 60 }))).toThrow(expect.objectContaining({ code: 'TOO_FEW_BARS' }) as Error)
  expect(() => checkPolicy(model, policyOf({ types: ['ws_trades'] }))).toThrow(expect.objectContaining({ code: 'INVALID_FIELD' }) as Error)
  expect(() => checkPolicy(model, policyOf())).not.toThrow()
})
