import { StoredQueue, WorkflowRequest } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestPlatform, type TestPlatform } from '../orchestrator/test-platform.ts'
import { openWorkflowRecords } from '../orchestrator/workflow-records.ts'
import { standBy } from './stand-by.ts'

const request = WorkflowRequest.parse({ symbols: ['BTCUSDT'], types: ['api_candles_5m'], time_range: '2022-08-01:2022-08-02' })
const leader = (epoch: number) => ({ epoch, assertHeld: () => undefined })

let platform: TestPlatform
beforeEach(async () => { platform = await openTestPlatform() })
afterEach(() => platform.close())

const queueOf = async (store: Store, id: string) => StoredQueue.parse((await store.find('queues', { where: { workflow_id: id } }))[0])

describe('of two orchestrators on one store', () => {
  it('the earlier one changes nothing that the later has taken over, even where it still believes to lead', async () => {
    const earlier = await platform.start({ leadership: leader(1) })
    const { workflow_id: id } = await earlier.create(request)
    await platform.launched('arango-connector')
    await expect.poll(async () => (await queueOf(platform.store, id)).has_outbox, { interval: 5 }).toBe(false)
    // The earlier one is not told: as a process that was paused and has just woken.
    const later = await platform.start({ leadership: leader(2) })
    await later.recovered
    expect((await queueOf(platform.store, id)).epoch).toBe(2)
    await expect(earlier.stop(id, 'by the earlier one')).rejects.toMatchObject({ code: 'NOT_LEADER' })
    await later.stop(id, 'by the later one')
    await expect.poll(async () => (await later.workflow(id)).status, { interval: 5, timeout: 10_000 }).toBe('stopped')
    expect((await later.workflow(id)).queues[0]?.jobs.map((job) => job.attempt)).toEqual([1, 1])
    expect((await queueOf(platform.store, id))).toMatchObject({ epoch: 2, stop_reason: 'by the later one' })
  })

  it('one that does not lead launches, cancels and saves nothing', async () => {
    let held = true
    const orchestrator = await platform.start({ leadership: { epoch: 1, assertHeld: () => { if (!held) throw Object.assign(new Error('not now'), { code: 'NOT_LEADER' }) } } })
    await orchestrator.recovered
    held = false
    await expect(orchestrator.create(request)).rejects.toThrow('not now')
    expect(platform.played.launches).toEqual([])
    expect(await platform.store.count('workflows')).toBe(0)
  })
})

describe('standing by', () => {
  it('answers from the store, follows what the leader does, and refuses changes', async () => {
    const leading = await platform.start({ leadership: leader(1) })
    const { workflow_id: id } = await leading.create(request)
    const standing = standBy({ records: await openWorkflowRecords(platform.store), pollMs: 5 })
    const seen: string[] = []
    const { now, unsubscribe } = await standing.follow(id, ({ update }) => seen.push(update.workflow.status))
    expect(now.update.queues).toHaveLength(1)
    await expect(standing.stop(id, 'no')).rejects.toMatchObject({ code: 'NOT_LEADER', retryable: true, status: 503 })
    await expect(standing.workflow('wf-000000')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await leading.stop(id, 'yes')
    await expect.poll(() => seen.at(-1), { interval: 5, timeout: 10_000 }).toBe('stopped')
    unsubscribe()
    expect(await standing.workflow(id)).toEqual(await leading.workflow(id))
  })
})
