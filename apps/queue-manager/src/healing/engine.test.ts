import { catalog, HealingDecision, HealingReport, StoredHealingDecision, WorkflowRequest, type StartCommand } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestPlatform, type TestPlatform } from '../orchestrator/test-platform.ts'
import { testPolicy } from '../queue/queue-fixture.ts'
import { healingDefaults } from './engine.ts'
import { healingReport } from './healing-report.ts'

const request = WorkflowRequest.parse({ symbols: ['AUSDT', 'BUSDT', 'CUSDT'], types: ['api_candles_5m'], time_range: '2022-08-01:2022-08-02', options: { max_attempts: 2 } })
const away = { code: 'VENUE_UNREACHABLE' as const, message: 'the venue does not answer', retryable: true }

let platform: TestPlatform
beforeEach(async () => { platform = await openTestPlatform() })
afterEach(() => platform.close())

const start = (openMs: number) => platform.start({
  // So long that nobody comes back before all have failed.
  policy: { ...testPolicy, backoffInitialMs: 1_000, backoffMaxMs: 1_000, cancelGraceMs: 0 },
  maxActiveQueues: 3, healing: { ...healingDefaults, circuits: { ...healingDefaults.circuits, openMs, maxOpenMs: openMs } },
})
const fail = (loader: StartCommand) => platform.say(loader, { status: 'error', error: away, message: away.message })

describe('a venue that is down', () => {
  it('makes its workers wait without burning attempts; one tries, and when it gets on all do', async () => {
    const orchestrator = await start(60)
    const { workflow_id: id } = await orchestrator.create(request)
    await platform.launched('loader-producer', 3)
    const first = platform.played.launches.filter(({ target }) => target === 'loader-producer')
    for (const loader of first) await fail(loader)
    // More probes fail than there are attempts: without the circuit each queue would have failed for good.
    for (let n = 4; n <= 9; n++) await fail(await platform.launched('loader-producer', n))
    const probe = await platform.launched('loader-producer', 10)
    const loaders = async () => (await orchestrator.workflow(id)).queues.map((queue) => queue.jobs.find(({ target }) => target === 'loader-producer')!)
    expect((await loaders()).filter(({ status }) => status === 'waiting')).toHaveLength(2)
    await platform.say(probe, { records_written: 10, checkpoint: [{ shard: 0, position: 1_659_350_000_000, records: 10, done: false }] })
    await platform.launched('loader-producer', 12)
    expect((await loaders()).map(({ held_by }) => held_by)).toEqual([undefined, undefined, undefined])
    expect((await orchestrator.workflow(id)).status).toBe('running')

    const report = async () => HealingReport.parse(await healingReport({ store: platform.store, orchestrator }, id))
    const actions = async () => [...new Set((await report()).decisions.map(({ action }) => action))].sort()
    await expect.poll(actions, { interval: 10, timeout: 5_000 }).toEqual(['circuit_closed', 'circuit_opened', 'circuit_probed', 'hold', 'probe', 'relaunch', 'wait'])
    expect((await report()).relaunches.spent).toBe(9)
    await expect.poll(async () => {
      const told = await platform.bus.admin.peek(catalog['healing-decisions'].topic, { partition: 0, limit: 1_000, offset: 0n })
      const stored = (await platform.store.find('healing_decisions')).map((document) => StoredHealingDecision.parse(document))
      return stored.every(({ decision_id }) => told.some(({ value }) => HealingDecision.parse(JSON.parse(value.toString())).decision_id === decision_id)) && stored.length > 9
    }, { interval: 10 }).toBe(true)
  })

  it('is known to the next queue-manager too', async () => {
    const orchestrator = await start(600_000)
    const { workflow_id: id } = await orchestrator.create(request)
    await platform.launched('loader-producer', 3)
    for (const loader of platform.played.launches.filter(({ target }) => target === 'loader-producer')) await fail(loader)
    await expect.poll(async () => (await orchestrator.workflow(id)).queues.filter((queue) => queue.jobs.some(({ held_by }) => held_by === 'venue-binance')).length, { interval: 5, timeout: 10_000 }).toBe(3)
    await orchestrator.close()
    const next = await start(600_000)
    await next.recovered
    expect((await healingReport({ store: platform.store, orchestrator: next }, id)).circuits).toMatchObject([{ circuit: 'venue-binance', state: 'open' }])
    expect(platform.played.launches.filter(({ target }) => target === 'loader-producer')).toHaveLength(3)
  })
})

describe('a workflow whose workers come back too often', () => {
  it('is given up when its budget is spent, although each gets a little further', async () => {
    const orchestrator = await platform.start({ maxActiveQueues: 1, healing: { ...healingDefaults, budget: 12 } })
    const { workflow_id: id } = await orchestrator.create({ ...request, symbols: ['AUSDT'] })
    for (let n = 1; n <= 13; n++) {
      const loader = await platform.launched('loader-producer', n)
      await platform.say(loader, { records_written: n, status: 'error', error: { code: 'WORKER_LOST', message: 'fell over', retryable: true } })
    }
    await expect.poll(async () => (await orchestrator.workflow(id)).status, { interval: 5, timeout: 10_000 }).toBe('failed')
    expect((await orchestrator.workflow(id)).queues[0]!.jobs[0]!.error).toMatchObject({ code: 'HEALING_BUDGET_SPENT' })
  })
})
