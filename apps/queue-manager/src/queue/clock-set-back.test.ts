import { describe, expect, it } from 'vitest'
import { advance } from './advance-queue.ts'
import { plannedQueue, testContext, testPolicy, workerEvent } from './queue-fixture.ts'

const start = 1_722_500_000_000
const hour = 3_600_000
/** A loader that was heard while the clock was an hour ahead. */
const heardAhead = () => {
  const started = advance(plannedQueue(), { kind: 'start' }, testContext(start)).queue
  return advance(started, { kind: 'event', event: workerEvent(started, 'loader-producer') }, testContext(start + hour)).queue
}
const loaderAt = (queue: ReturnType<typeof plannedQueue>, now: number, listeningSince: number) =>
  advance(queue, { kind: 'tick', listeningSince }, testContext(now)).queue.jobs[0]!

describe('a clock that was set back', () => {
  it('does not hide that a worker is silent: its silence counts from when the clock was set', () => {
    const queue = heardAhead()
    expect(loaderAt(queue, start + testPolicy.silenceMs, start + 1)).toMatchObject({ status: 'running' })
    expect(loaderAt(queue, start + testPolicy.silenceMs + 2, start + 1)).toMatchObject({ status: 'waiting', error: { code: 'WORKER_SILENT' } })
  })

  it('makes nobody silent when it was set back by little', () => {
    const queue = heardAhead()
    expect(loaderAt(queue, start + hour - 1_000, start)).toMatchObject({ status: 'running' })
  })

  it('does not hold a relaunch back until it is there again', () => {
    const running = heardAhead()
    const error = { code: 'VENUE_UNREACHABLE' as const, message: 'away', retryable: true }
    const lost = advance(running, { kind: 'event', event: workerEvent(running, 'loader-producer', { status: 'error', error }) }, testContext(start + hour)).queue
    expect(loaderAt(lost, start + hour + 1, start)).toMatchObject({ status: 'waiting', attempt: 1 })
    expect(loaderAt(lost, start + 1_000, start)).toMatchObject({ status: 'launching', attempt: 2 })
  })
})
