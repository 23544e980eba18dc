import type { StoredQueue } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { advance } from './advance-queue.ts'
import { certificate, plannedQueue, testContext, testPolicy, workerEvent } from './queue-fixture.ts'
import type { QueueInput } from './queue-input.ts'

/** A live queue, and what it is told, one input after another. */
function liveQueue(now = 0) {
  let queue: StoredQueue = { ...plannedQueue({ type: 'ws_trades', shards: [], time_range: '2022-08-01:' }) }
  delete queue.to
  delete queue.records_total
  const life = {
    at: now,
    queue: () => queue,
    job: (target: string) => queue.jobs.find((j) => j.target === target)!,
    tell(input: QueueInput) {
      const { queue: next, commands } = advance(queue, input, testContext(life.at))
      queue = next
      return commands
    },
    say: (target: 'loader-producer' | 'arango-connector', more: Parameters<typeof workerEvent>[2] = {}) =>
      life.tell({ kind: 'event', event: workerEvent(queue, target, { attempt: life.job(target).attempt, ...more }) }),
    wait(ms: number) {
      life.at += ms
      return life.tell({ kind: 'tick', listeningSince: life.at })
    },
  }
  life.tell({ kind: 'start' })
  life.say('loader-producer', { status: 'started' })
  life.say('arango-connector', { status: 'started' })
  return life
}
const stops = (commands: ReturnType<ReturnType<typeof liveQueue>['tell']>) =>
  commands.flatMap((c) => (c.do === 'publish' && c.message.command === 'stop' ? [c.message.target ?? 'all'] : []))
const open = (queue: StoredQueue, more = {}) => certificate(queue, { open: true, ...more })

describe('a live queue that is stopped', () => {
  it('stops its loader, then lets its connector end by itself', () => {
    const life = liveQueue()
    const commands = life.tell({ kind: 'stop', reason: 'enough' })
    expect(stops(commands)).toEqual(['loader-producer'])
    expect(commands.some((c) => c.do === 'cancel')).toBe(false)
    expect(stops(life.say('loader-producer', { status: 'stopped' }))).toEqual([])
    expect(life.queue()).toMatchObject({ status: 'running', stop_stage: 'connector' })
    life.say('arango-connector', { status: 'finished', finished: true, certificate: open(life.queue()) })
    expect(life.queue()).toMatchObject({ status: 'stopped', certificate: { open: true, complete: true } })
  })

  it('is stopped also with a certificate that shows a hole', () => {
    const life = liveQueue()
    life.tell({ kind: 'stop', reason: 'enough' })
    life.say('loader-producer', { status: 'stopped' })
    life.say('arango-connector', { status: 'finished', finished: true, certificate: open(life.queue(), { complete: false, lost: 3 }) })
    expect(life.queue()).toMatchObject({ status: 'stopped', certificate: { complete: false, lost: 3 } })
  })

  it.each([
    ['dies instead', (life: ReturnType<typeof liveQueue>) => life.tell({
      kind: 'exited', target: 'loader-producer', attempt: 1, state: { status: 'failed', exitCode: undefined, signal: 'SIGKILL', reason: 'killed' } })],
    ['fails instead', (life: ReturnType<typeof liveQueue>) => life.say('loader-producer', { status: 'error' })],
    ['takes too long', (life: ReturnType<typeof liveQueue>) => life.wait(testPolicy.loaderStopMs + 1)],
  ])('tells its connector to stop when the loader %s', (_, happens) => {
    const life = liveQueue()
    life.tell({ kind: 'stop', reason: 'enough' })
    expect(stops(happens(life))).toEqual(['all'])
    life.say('loader-producer', { status: 'stopped' })
    life.say('arango-connector', { status: 'stopped', certificate: open(life.queue()) })
    expect(life.queue()).toMatchObject({ status: 'stopped', certificate: { open: true } })
  })

  it('brings back a connector that dies before it has stored the rest', () => {
    const life = liveQueue()
    life.tell({ kind: 'stop', reason: 'enough' })
    life.say('loader-producer', { status: 'stopped' })
    life.tell({ kind: 'exited', target: 'arango-connector', attempt: 1, state: { status: 'failed', exitCode: 1, signal: undefined, reason: 'exit code 1' } })
    expect(life.queue().status).toBe('running')
    const commands = life.wait(60_000)
    expect(commands.some((c) => c.do === 'launch' && c.start.target === 'arango-connector' && c.start.attempt === 2)).toBe(true)
    life.say('arango-connector', { status: 'finished', finished: true, certificate: open(life.queue()) })
    expect(life.queue().status).toBe('stopped')
  })

  it('is over in the end whatever its jobs do', () => {
    const life = liveQueue()
    life.tell({ kind: 'stop', reason: 'enough' })
    life.say('loader-producer', { status: 'stopped' })
    for (let waited = 0; waited <= testPolicy.connectorStopMs; waited += 10_000) {
      life.say('arango-connector', { status: 'heartbeat' })
      life.wait(10_000)
    }
    expect(life.queue().stop_stage).toBe('all')
    const commands = life.wait(testPolicy.loaderStopMs + 1)
    expect(commands).toMatchObject([{ do: 'cancel', target: 'arango-connector' }])
    expect(life.wait(testPolicy.loaderStopMs + 1)).toEqual([])
    life.tell({ kind: 'exited', target: 'arango-connector', attempt: 1, state: { status: 'failed', exitCode: undefined, signal: undefined, reason: 'cancelled' } })
    expect(life.queue().status).toBe('stopped')
  })

  it('goes on from its checkpoint when it is retried', () => {
    const life = liveQueue()
    const checkpoint = [{ shard: 0, position: 200, records: 100, first_trade_id: 100, done: false }]
    life.say('loader-producer', { records_written: 100, checkpoint })
    life.tell({ kind: 'stop', reason: 'enough' })
    life.say('loader-producer', { status: 'stopped' })
    life.say('arango-connector', { status: 'finished', finished: true, certificate: open(life.queue(), { complete: false, lost: 2 }) })
    life.tell({ kind: 'retry' })
    const launches = life.tell({ kind: 'start' }).flatMap((c) => (c.do === 'launch' ? [c.start] : []))
    expect(launches).toMatchObject([{ target: 'loader-producer', attempt: 2, checkpoint }, { target: 'arango-connector', attempt: 2 }])
    expect(life.queue()).not.toHaveProperty('stop_stage')
    expect(life.queue().outbox.some((entry) => entry.command.do === 'delete-topic')).toBe(false)
  })
})

describe('a live queue', () => {
  it('shows the certificates that come while it runs', () => {
    const life = liveQueue()
    life.say('arango-connector', { certificate: open(life.queue(), { rows_stored: 7, complete: false }) })
    expect(life.queue()).toMatchObject({ status: 'running', certificate: { rows_stored: 7 } })
  })

  it('brings back a connector that took the markers of a restarted loader for the end', () => {
    const life = liveQueue()
    life.say('arango-connector', { status: 'finished', finished: true, certificate: open(life.queue()) })
    expect(life.job('arango-connector')).toMatchObject({ status: 'waiting', error: { code: 'WORKER_LOST' } })
    expect(life.queue().status).toBe('running')
  })

  it('finishes when its range has ended', () => {
    const life = liveQueue()
    life.say('loader-producer', { status: 'finished', finished: true })
    life.say('arango-connector', { status: 'finished', finished: true, certificate: open(life.queue()) })
    expect(life.queue().status).toBe('finished')
  })
})
