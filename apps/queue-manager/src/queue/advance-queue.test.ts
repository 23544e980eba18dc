import type { QueueCommand, StoredQueue, Target } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { advance } from './advance-queue.ts'
import { certificate, plannedQueue, testContext, workerEvent } from './queue-fixture.ts'
import type { QueueInput } from './queue-input.ts'

/** Feeds inputs one after another; collects the commands of the last. */
function run(queue: StoredQueue, ...inputs: (QueueInput | { at: number; input: QueueInput })[]) {
  let commands: QueueCommand[] = []
  for (const entry of inputs) {
    const { at, input } = 'at' in entry ? entry : { at: 1_000, input: entry }
    ;({ queue, commands } = advance(queue, input, testContext(at)))
  }
  return { queue, commands: commands.filter((c) => c.do !== 'record'), decisions: commands.flatMap((c) => (c.do === 'record' ? [c.decision] : [])), job: (target: Target) => queue.jobs.find((j) => j.target === target)! }
}
const start: QueueInput = { kind: 'start' }
const event = (target: Target, more: Parameters<typeof workerEvent>[2] = {}): QueueInput => ({ kind: 'event', event: workerEvent(plannedQueue(), target, more) })
const exited = (target: Target, attempt = 1): QueueInput =>
  ({ kind: 'exited', target, attempt, state: { status: 'failed', exitCode: undefined, signal: 'SIGKILL', reason: 'killed by SIGKILL' } })
const tick = (at: number, listeningSince = 0) => ({ at, input: { kind: 'tick', listeningSince } as const })
const kinds = (commands: readonly QueueCommand[]) => commands.map((c) => ('target' in c ? `${c.do} ${c.target} ${c.attempt}` : c.do === 'launch' ? `launch ${c.start.target} ${c.start.attempt}` : c.do))

describe('advance', () => {
  it('starts both jobs, the topic first', () => {
    const { queue, commands } = run(plannedQueue(), start)
    expect(kinds(commands)).toEqual(['create-topic', 'publish', 'launch loader-producer 1', 'publish', 'launch arango-connector 1'])
    expect(queue.outbox.map((o) => o.command)).toEqual(commands)
    expect(queue.status).toBe('running')
    expect(run(queue, start).commands).toEqual([])
  })

  it('leaves its input alone', () => {
    const queue = Object.freeze(plannedQueue())
    const before = JSON.stringify(queue)
    advance(queue, start, testContext(1))
    expect(JSON.stringify(queue)).toBe(before)
  })

  it('finishes when both have, with the certificate', () => {
    const { queue } = run(plannedQueue(), start,
      event('loader-producer', { status: 'finished', records_written: 288, finished: true }),
      event('arango-connector', { status: 'finished', records_written: 288, finished: true, certificate: certificate(plannedQueue()) }))
    expect(queue).toMatchObject({ status: 'finished', ended_at: 1_000, certificate: { complete: true } })
  })

  it('relaunches a killed worker from its checkpoint, at once', () => {
    const checkpoint = [{ shard: 0, position: 1_659_350_000_000, records: 100, done: false }]
    const lost = run(plannedQueue(), start, event('loader-producer', { records_written: 100, checkpoint }), exited('loader-producer'))
    expect(lost.job('loader-producer')).toMatchObject({ status: 'waiting', relaunch_at: 1_000, attempts_without_progress: 1 })
    expect(lost.commands).toEqual([])
    const again = run(lost.queue, tick(1_000))
    expect(kinds(again.commands)).toEqual(['cancel loader-producer 1', 'publish', 'launch loader-producer 2'])
    expect(again.commands[2]).toMatchObject({ start: { attempt: 2, checkpoint } })
    expect([...lost.decisions, ...again.decisions]).toMatchObject([
      { action: 'wait', code: 'WORKER_LOST', attempt: 1, relaunch_at: 1_000, attempts_without_progress: 1, reason: expect.stringMatching(/killed by SIGKILL.*due now/) as string }, { action: 'relaunch', attempt: 2 },
    ])
  })

  it('has one that dies again before it got further wait, and one that says why it failed', () => {
    const twice = run(plannedQueue(), start, exited('loader-producer'), tick(1_000), { at: 2_000, input: exited('loader-producer', 2) })
    expect(twice.job('loader-producer')).toMatchObject({ status: 'waiting', relaunch_at: 3_000, attempts_without_progress: 2 })
    expect(run(twice.queue, tick(2_999)).commands).toEqual([])
    expect(kinds(run(twice.queue, tick(3_000)).commands)).toContain('launch loader-producer 3')
    const failed = run(plannedQueue(), start, event('loader-producer', { status: 'error', error: { code: 'VENUE_UNREACHABLE', message: 'away', retryable: true } }))
    expect(failed.job('loader-producer')).toMatchObject({ status: 'waiting', relaunch_at: 1_500 })
  })

  it('ignores what an old attempt says', () => {
    const { queue } = run(plannedQueue(), start, exited('loader-producer'), tick(2_000))
    const late = run(queue, event('loader-producer', { attempt: 1, status: 'error', records_written: 50, error: { code: 'VENUE_REJECTED', message: 'no', retryable: false } }))
    expect(late.queue).toEqual(queue)
    expect(run(queue, exited('loader-producer', 1)).queue).toEqual(queue)
  })

  it('lets a finished event win over an exit that was seen first', () => {
    const { job, queue } = run(plannedQueue(), start, exited('loader-producer'), event('loader-producer', { status: 'finished', finished: true, records_written: 288 }))
    expect(job('loader-producer')).toMatchObject({ status: 'finished' })
    expect(job('loader-producer').error).toBeUndefined()
    expect(run(queue, tick(100_000)).job('loader-producer').attempt).toBe(1)
  })

  it('takes an exit after a finished event as nothing new', () => {
    const { queue } = run(plannedQueue(), start, event('loader-producer', { status: 'finished', finished: true }))
    expect(run(queue, exited('loader-producer')).queue).toEqual(queue)
  })

  it('gives up after max_attempts without progress, and cancels the other job', () => {
    let { queue } = run(plannedQueue(), start)
    let now = 1_000
    for (let attempt = 1; attempt <= 3; attempt++) {
      ({ queue } = run(queue, exited('loader-producer', attempt)))
      now += 100_000
      ;({ queue } = run(queue, tick(now, now)))
    }
    expect(queue.status).toBe('failed')
    const [loader, connector] = queue.jobs
    expect(loader).toMatchObject({ status: 'failed', attempt: 3, error: { code: 'ATTEMPTS_EXHAUSTED', message: expect.stringContaining('SIGKILL') } })
    expect(connector).toMatchObject({ status: 'stopped' })
    expect(queue.outbox.at(-1)?.command).toMatchObject({ do: 'cancel', target: 'arango-connector' })
  })

  it('counts only attempts without progress', () => {
    let { queue } = run(plannedQueue(), start)
    for (let attempt = 1; attempt <= 20; attempt++) {
      const now = attempt * 100_000
      ;({ queue } = run(queue, event('loader-producer', { attempt, records_written: attempt * 10 }), exited('loader-producer', attempt), tick(now, now)))
    }
    expect(queue.jobs[0]).toMatchObject({ status: 'launching', attempt: 21 })
  })

  it('does not take the same records again for progress', () => {
    let { queue } = run(plannedQueue(), start, event('loader-producer', { records_written: 100 }))
    for (let attempt = 1; attempt <= 3; attempt++) {
      const now = attempt * 100_000
      ;({ queue } = run(queue, event('loader-producer', { attempt, records_written: 100 }), exited('loader-producer', attempt), tick(now, now)))
    }
    expect(queue.status).toBe('failed')
  })

  it('fails at once on an error that another attempt would not cure', () => {
    const error = { code: 'UNKNOWN_SYMBOL' as const, message: 'no such symbol', retryable: false }
    const { queue, commands } = run(plannedQueue(), start, event('loader-producer', { status: 'error', error }))
    expect(queue).toMatchObject({ status: 'failed', jobs: [{ status: 'failed', error }, { status: 'stopped' }] })
    expect(kinds(commands)).toEqual(['cancel arango-connector 1'])
  })

  it('fails at once on a refused configuration', () => {
    const input: QueueInput = { kind: 'exited', target: 'loader-producer', attempt: 1, state: { status: 'failed', exitCode: 78, signal: undefined, reason: 'exit code 78' } }
    expect(run(plannedQueue(), start, input).queue).toMatchObject({ status: 'failed', jobs: [{ error: { code: 'BAD_CONFIG' } }, {}] })
  })

  it('replaces a silent worker, but not for silence while nobody listened', () => {
    const { queue } = run(plannedQueue(), start, event('loader-producer'), event('arango-connector'))
    expect(run(queue, tick(16_000)).commands).toEqual([])
    expect(run(queue, tick(30_000, 20_000)).commands).toEqual([])
    const silent = run(queue, tick(16_001))
    expect(kinds(silent.commands)).toEqual(['cancel loader-producer 1', 'cancel arango-connector 1'])
    expect(silent.commands).toMatchObject([{ grace_ms: 1_000 }, { grace_ms: 1_000 }])
    expect(silent.job('loader-producer')).toMatchObject({ status: 'waiting', error: { code: 'WORKER_SILENT' } })
  })

  it('gives a launched worker more time until it is first heard', () => {
    const { queue } = run(plannedQueue(), start)
    expect(run(queue, tick(61_000)).commands).toEqual([])
    expect(run(queue, tick(61_001)).job('loader-producer').status).toBe('waiting')
  })

  it('fails with the counts and what to do when the certificate is not complete', () => {
    const dead = certificate(plannedQueue(), { complete: false, rows_stored: 280, lost: 8, dead_lettered: 8 })
    const { queue } = run(plannedQueue(), start, event('loader-producer', { status: 'finished' }), event('arango-connector', { status: 'finished', certificate: dead }))
    expect(queue.status).toBe('failed')
    expect(queue.certificate).toEqual(dead)
    expect(queue.jobs[1]?.error).toMatchObject({ code: 'CERTIFICATE_INCOMPLETE', remedy: expect.stringContaining('redrive') })
    expect(queue.jobs[1]?.error?.message).toMatch(/280 of 288 candles stored.*8 in the dead-letter topic/)
  })

  it('after a redrive runs only the connector again', () => {
    const dead = certificate(plannedQueue(), { complete: false, lost: 8, dead_lettered: 8 })
    const failed = run(plannedQueue(), start, event('loader-producer', { status: 'finished' }), event('arango-connector', { status: 'finished', certificate: dead }))
    const { commands } = run(failed.queue, { kind: 'retry' }, start)
    expect(kinds(commands)).toEqual(['create-topic', 'cancel arango-connector 1', 'publish', 'launch arango-connector 2'])
  })

  it('loads everything again when rows are lost without a trace, or the topic is gone', () => {
    const lost = certificate(plannedQueue(), { complete: false, lost: 8 })
    const failed = run(plannedQueue(), start, event('loader-producer', { status: 'finished', checkpoint: [{ shard: 0, position: 9, records: 9, done: true }] }),
      event('arango-connector', { status: 'finished', certificate: lost }))
    const retried = run(failed.queue, { kind: 'retry' })
    expect(kinds(retried.commands)).toEqual(['delete-topic'])
    expect(retried.queue.jobs).toMatchObject([{ status: 'pending', checkpoint: [] }, { status: 'pending' }])
    expect(kinds(run(retried.queue, start).commands).filter((k) => k.startsWith('launch'))).toEqual(['launch loader-producer 2', 'launch arango-connector 2'])
    const stopped = run(plannedQueue(), { kind: 'stop', reason: 'by request' }, { kind: 'delete-topic' }, { kind: 'retry' })
    expect(kinds(stopped.commands)).toEqual(['delete-topic'])
  })

  it('is stopped once its jobs are gone, and keeps the last checkpoint', () => {
    const stopping = run(plannedQueue(), start, event('loader-producer'), { kind: 'stop', reason: 'by request' })
    expect(kinds(stopping.commands)).toEqual(['publish', 'cancel loader-producer 1', 'cancel arango-connector 1'])
    expect(stopping.queue.status).toBe('running')
    const checkpoint = [{ shard: 0, position: 5, records: 5, done: false }]
    const { queue } = run(stopping.queue, exited('loader-producer'), event('loader-producer', { checkpoint }), event('arango-connector', { status: 'stopped' }))
    expect(queue).toMatchObject({ status: 'stopped', jobs: [{ status: 'stopped', checkpoint }, { status: 'stopped' }] })
  })

  it('stops a queue that has not started at once', () => {
    const { queue, commands } = run(plannedQueue(), { kind: 'stop', reason: 'by request' })
    expect(queue.status).toBe('stopped')
    expect(commands).toEqual([])
  })

  it('stops the other job when somebody stopped one', () => {
    const { queue, commands } = run(plannedQueue(), start, event('arango-connector', { status: 'stopped', message: 'told to' }))
    expect(queue.stop_reason).toBe('told to')
    expect(kinds(commands)).toContain('cancel loader-producer 1')
  })

  it('removes from its outbox what was carried out, and numbers what comes', () => {
    const { queue } = run(plannedQueue(), start)
    const ids = queue.outbox.map((o) => o.id)
    const { queue: done } = run(queue, { kind: 'carried-out', ids })
    expect(done).toMatchObject({ outbox: [], has_outbox: false })
    expect(run(done, { kind: 'stop', reason: 'x' }).queue.outbox.map((o) => o.id)).not.toContain(ids[0])
  })
})
