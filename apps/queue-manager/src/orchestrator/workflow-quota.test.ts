import type { Caller, WorkflowRequest } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestPlatform, type TestPlatform } from './test-platform.ts'
import { quotaOf } from './workflow-quota.ts'

const request = (name: string): WorkflowRequest => ({
  venue: 'binance', symbols: ['BTCUSDT'], types: ['api_candles_1d'], time_range: '2022-08-01:2022-08-03', name, options: { source: 'auto', max_attempts: 5 },
})
const callerOf = (id: string, more: Partial<Caller> = {}): Caller => ({ kind: 'user', id: `user:${id}`, name: id, role: 'operator', ...more })
const ann = callerOf('ann')
const exceeded = { code: 'QUOTA_EXCEEDED', status: 409 }

describe('who may have how many', () => {
  it.each([
    ['an operator', ann, 5, 5], ['an admin', callerOf('root', { role: 'admin' }), 5, Infinity], ['whoever is at this machine', callerOf('local', { kind: 'local' }), 5, 50], ['anybody, of 0', ann, 0, Infinity],
  ])('%s', (_who, caller, perCaller, quota) => expect(quotaOf(caller, perCaller)).toBe(quota))
})

describe('ASVS 2.4.1: workflows in progress', () => {
  let platform: TestPlatform
  beforeEach(async () => { platform = await openTestPlatform() })
  afterEach(() => platform.close())

  it('are as many as the quota at most, also when all are asked for at once, and what is refused leaves nothing', async () => {
    const orchestrator = await platform.start({ maxWorkflowsPerCaller: 3 })
    const asked = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => orchestrator.create(request(`w${i}`), ann)))
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    for (const one of asked) if (one.status === 'rejected') expect(one.reason).toMatchObject({ ...exceeded, details: { in_progress: 3, quota: 3 } })
    expect([await platform.store.count('workflows'), await platform.store.count('queues')]).toEqual([3, 3])
  })

  it('are each caller’s own; the platform’s and admins’ have no limit', async () => {
    const orchestrator = await platform.start({ maxWorkflowsPerCaller: 1 })
    await orchestrator.create(request('first'), ann)
    await expect(orchestrator.create(request('second'), ann)).rejects.toMatchObject(exceeded)
    await orchestrator.create(request('of another'), callerOf('bob'))
    for (let i = 0; i < 2; i++) await orchestrator.create(request('of an admin'), callerOf('root', { role: 'admin' }))
    for (let i = 0; i < 2; i++) await orchestrator.create(request('of the platform'))
  })

  it('no longer count when they have ended, and count again when they are retried', async () => {
    const orchestrator = await platform.start({ maxWorkflowsPerCaller: 1 })
    const { workflow_id: first } = await orchestrator.create(request('first'), ann)
    await ended(first, () => orchestrator.stop(first, 'enough'))
    const { workflow_id: second } = await orchestrator.create(request('second'), ann)
    await expect(orchestrator.retry(first, ann)).rejects.toMatchObject(exceeded)
    expect(await orchestrator.workflow(first)).toMatchObject({ status: 'stopped' })
    await ended(second, () => orchestrator.stop(second, 'enough'))
    await orchestrator.retry(first, ann)
    await expect(orchestrator.create(request('third'), ann)).rejects.toMatchObject(exceeded)
  })

  it('are known to the next queue-manager', async () => {
    const before = await platform.start({ maxWorkflowsPerCaller: 1 })
    await before.create(request('first'), ann)
    await before.close()
    const after = await platform.start({ maxWorkflowsPerCaller: 1 })
    await expect(after.create(request('second'), ann)).rejects.toMatchObject(exceeded)
  })

  async function ended(id: string, stop: () => Promise<unknown>): Promise<void> {
    await stop()
    // Stopped once its jobs have been seen to end.
    while ((await platform.store.get<{ status: string } & { _key: string }>('workflows', id))?.status !== 'stopped') await new Promise((resolve) => setTimeout(resolve, 5))
  }
})
