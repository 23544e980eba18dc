import type { StoredQueue, StoredWorkflow, WorkflowRequest } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { plannedQueue } from '../queue/queue-fixture.ts'
import { advanceWorkflow } from './advance-workflow.ts'
import { observeRate } from './smooth-rate.ts'

const request: WorkflowRequest = { venue: 'binance', symbols: ['BTCUSDT'], types: ['api_candles_5m'], time_range: '2022-08-01:2022-08-02', options: { source: 'auto', max_attempts: 3 } }
const workflow: StoredWorkflow = {
  _key: 'wf-a1b2c3', version: 1, position: '0', workflow_id: 'wf-a1b2c3', status: 'pending', request, stages: [], rates: {},
  estimate: { requests: 1, api_weight: 2, minutes: 0.1 }, created_at: 500, updated_at: 500,
}
type JobChange = Partial<StoredQueue['jobs'][number]>
const queue = (status: StoredQueue['status'], loader: JobChange = {}, connector: JobChange = {}, more: Partial<StoredQueue> = {}) => {
  const planned = plannedQueue({ status, ...more })
  return { ...planned, jobs: [{ ...planned.jobs[0]!, ...loader }, { ...planned.jobs[1]!, ...connector }] }
}
const running = { status: 'running' as const, attempt: 1, started_at: 1_000, last_event_at: 1_000 }
const finished = { status: 'finished' as const, attempt: 1, started_at: 1_000, finished_at: 3_000, records_written: 288 }

describe('the state of a workflow', () => {
  it.each([
    ['pending', [queue('pending'), queue('pending')]],
    ['running', [queue('finished', finished, finished), queue('pending')]],
    ['running', [queue('failed'), queue('running', running)]],
    ['failed', [queue('finished', finished, finished), queue('failed'), queue('stopped')]],
    ['stopped', [queue('finished', finished, finished), queue('stopped')]],
    ['finished', [queue('finished', finished, finished)]],
  ] as const)('is %s', (status, queues) => {
    expect(advanceWorkflow(workflow, queues, 2_000).status).toBe(status)
  })

  it('is stopping while jobs still run', () => {
    expect(advanceWorkflow({ ...workflow, stop_reason: 'by request' }, [queue('running', running)], 2_000)).toMatchObject({ status: 'stopping', reason: 'by request' })
  })

  it('says why it failed, and what to do', () => {
    const error = { code: 'ATTEMPTS_EXHAUSTED' as const, message: 'it kept dying', remedy: 'retry later', retryable: false }
    const failed = queue('failed', { status: 'failed', error })
    expect(advanceWorkflow(workflow, [failed], 2_000).reason).toBe('ATTEMPTS_EXHAUSTED: it kept dying. Retry later')
    expect(advanceWorkflow(workflow, [queue('finished', finished, finished), failed], 2_000).reason).toMatch(/^1 of 2 queues failed, the first with /)
  })

  it('forgets the reason and the end after a retry', () => {
    const failed = advanceWorkflow(workflow, [queue('failed', { status: 'failed', error: { code: 'INTERNAL', message: 'x', retryable: true } }, {}, { ended_at: 1_500 })], 2_000)
    expect(failed.finished_at).toBe(1_500)
    const again = advanceWorkflow(failed, [queue('running', running)], 3_000)
    expect(again.reason).toBeUndefined()
    expect(again.finished_at).toBeUndefined()
  })

  it('adds up stages over queues', () => {
    const { stages } = advanceWorkflow(workflow, [queue('finished', finished, finished), queue('running', { ...running, records_written: 100 }, running), queue('pending')], 2_000)
    expect(stages[0]).toMatchObject({ stage: 'loader-producer', status: 'running', records_written: 388, records_total: 864, queues_finished: 1, queues_total: 3 })
    expect(stages[1]).toMatchObject({ stage: 'arango-connector', records_written: 288, queues_finished: 1 })
  })

  it('has no total while one part is unknown', () => {
    const { records_total: _, ...trades } = queue('running', running, running)
    expect(advanceWorkflow(workflow, [queue('finished', finished, finished), trades], 2_000).stages[0]?.records_total).toBeUndefined()
  })

  it('tells rate and time left from the events of a running stage, and the mean at its end', () => {
    const at = (records_written: number, last_event_at: number) => [queue('running', { ...running, records_written, last_event_at }, running)]
    const first = advanceWorkflow(workflow, at(0, 1_000), 1_000)
    const second = advanceWorkflow(first, at(100, 2_000), 2_000)
    expect(second.stages[0]).toMatchObject({ rate: 100, eta_seconds: 1.9 })
    const third = advanceWorkflow(second, at(100, 2_100), 2_100)
    expect(third.stages[0]?.rate).toBe(100)
    const end = advanceWorkflow(third, [queue('finished', finished, finished)], 4_000)
    expect(end.stages[0]).toMatchObject({ rate: 144, status: 'finished' })
    expect(end.stages[0]?.eta_seconds).toBeUndefined()
  })
})

describe('a smoothed rate', () => {
  it('comes to a steady rate, and forgets it when nothing comes any more', () => {
    let rate = observeRate(undefined, 0, 0)
    for (let s = 1; s <= 30; s++) rate = observeRate(rate, s * 1_000, s * 1_000)
    expect(rate.rate).toBeCloseTo(1_000, 5)
    for (let s = 31; s <= 60; s++) rate = observeRate(rate, 30_000, s * 1_000)
    expect(rate.rate).toBeLessThan(5)
  })

  it('does not depend on how the same records are sampled', () => {
    const sampled = (stepMs: number) => {
      let rate = observeRate(undefined, 0, 0)
      for (let at = stepMs; at <= 20_000; at += stepMs) rate = observeRate(rate, at <= 10_000 ? at : 10_000 + (at - 10_000) * 3, at)
      return rate.rate
    }
    expect(sampled(500)).toBeCloseTo(sampled(2_500), -2)
  })

  it('starts anew when the count falls', () => {
    expect(observeRate({ at: 0, records: 100, rate: 50 }, 10, 5_000)).toEqual({ at: 5_000, records: 10, rate: 0 })
  })
})
