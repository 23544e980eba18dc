import type { StoredQueue, WorkerEvent } from '@streamforge/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advance } from './advance-queue.ts'
import { plannedQueue, testContext, workerEvent } from './queue-fixture.ts'
import type { QueueInput } from './queue-input.ts'

const hour = 3_600_000
const shards = Array.from({ length: 4 }, (_, shard) => ({ shard, from: 1_659_312_000_000 + shard * 6 * hour, to: 1_659_312_000_000 + (shard + 1) * 6 * hour }))

function run(inputs: readonly (readonly [QueueInput, number])[], from = plannedQueue({ shards })): StoredQueue {
  let queue = from
  for (const [input, now] of inputs) ({ queue } = advance(queue, input, testContext(now)))
  return queue
}
const started = run([[{ kind: 'start' }, 1_000]])
const loader = (queue: StoredQueue) => queue.jobs.find((j) => j.target === 'loader-producer')!

/** What the worker of one shard says after so many of its 72 records. */
function told(shard: number, records: number, more: Partial<WorkerEvent> = {}): QueueInput {
  const done = records === 72
  return {
    kind: 'event',
    event: workerEvent(started, 'loader-producer', {
      shard, records_written: records, records_total: 72, duplicates: shard, status: done ? 'finished' : 'loading', finished: done,
      checkpoint: records === 0 ? [] : [{ shard, position: 1_659_312_000_000 + records, records, done }], ...more,
    }),
  }
}

describe('a job whose shards have workers of their own', () => {
  it('counts them together, and has finished with the last of them', () => {
    let queue = run([[told(0, 10), 2_000], [told(2, 72), 3_000], [told(1, 72), 4_000], [told(0, 72), 5_000]], started)
    expect(loader(queue)).toMatchObject({ status: 'running', records_written: 216, duplicates: 3, message: '3 of 4 shards finished' })
    queue = run([[told(3, 72), 6_000]], queue)
    expect(loader(queue)).toMatchObject({ status: 'finished', records_written: 288, duplicates: 6 })
  })

  it('knows how many records there will be once each shard does', () => {
    const unknown = { ...started, records_total: undefined }
    const three = run([[told(0, 1), 2_000], [told(1, 1), 2_000], [told(2, 1), 2_000]], unknown)
    expect(three.records_total).toBeUndefined()
    expect(run([[told(3, 1), 2_000]], three).records_total).toBe(288)
  })

  it('comes to the same in whatever order and however often its workers speak', () => {
    const events = [10, 40, 72].flatMap((records) => shards.map(({ shard }) => told(shard, records)))
    const order = fc.array(fc.integer({ min: 0, max: events.length - 1 }), { maxLength: 60 })
    fc.assert(fc.property(order, (picks) => {
      const queue = run([...picks.map((i) => [events[i]!, 2_000] as const), ...events.map((e) => [e, 3_000] as const)], started)
      expect(loader(queue)).toMatchObject({ status: 'finished', records_written: 288, checkpoint: shards.map(({ shard }) => ({ shard, records: 72, done: true })) })
      const half = run(picks.map((i) => [events[i]!, 2_000] as const), started)
      const seen = (shard: number) => Math.max(0, ...picks.map((i) => events[i]!).map((e) => (e.kind === 'event' && e.event.shard === shard ? e.event.records_written : 0)))
      // What comes after the end changes nothing, and before it all four must have finished.
      expect(loader(half).status === 'finished').toBe(shards.every(({ shard }) => seen(shard) === 72))
      if (loader(half).status !== 'finished') expect(loader(half).records_written).toBe(shards.reduce((sum, { shard }) => sum + seen(shard), 0))
    }), { seed: 1, numRuns: 300 })
  })

  it('hands what each has done to the next attempt, which counts on', () => {
    const lost = run([
      [told(0, 72), 2_000], [told(1, 30), 2_000], [{ kind: 'exited', target: 'loader-producer', attempt: 1, state: { status: 'failed', exitCode: 1, signal: undefined, reason: 'exit code 1' } }, 3_000],
      [{ kind: 'tick', listeningSince: 0 }, 10_000],
    ], started)
    expect(loader(lost)).toMatchObject({ status: 'launching', attempt: 2, records_written: 102 })
    const launch = lost.outbox.map((o) => o.command).findLast((c) => c.do === 'launch')
    expect(launch?.do === 'launch' && launch.start.checkpoint).toMatchObject([{ shard: 0, done: true }, { shard: 1, records: 30 }])
    const again = run([[told(1, 20, { attempt: 2 }), 11_000]], lost)
    expect(loader(again).records_written).toBe(102)
    expect(loader(run([[told(1, 50, { attempt: 2 }), 12_000]], again)).records_written).toBe(122)
  })

  it('is replaced when one of them falls silent, though the others speak', () => {
    const speaking = [0, 1, 2].map((shard) => [told(shard, 5), 20_000] as const)
    const queue = run([[told(3, 5), 2_000], ...speaking, [{ kind: 'tick', listeningSince: 0 }, 20_001]], started)
    expect(loader(queue)).toMatchObject({ status: 'waiting', error: { code: 'WORKER_SILENT', message: 'loader-producer, shard 3, attempt 1: not heard for 18 s' } })
  })

  it('waits for shards that have no place yet, and not for those that are done', () => {
    const queue = run([[told(0, 72), 2_000], [told(1, 5), 2_000], [told(1, 6), 30_000], [{ kind: 'tick', listeningSince: 0 }, 40_000]], started)
    expect(loader(queue).status).toBe('running')
    const waiting = run([[told(0, 72), 2_000], [{ kind: 'tick', listeningSince: 0 }, 40_000]], started)
    expect(loader(waiting).status).toBe('running')
    expect(loader(run([[{ kind: 'tick', listeningSince: 0 }, 63_000]], waiting)).status).toBe('waiting')
  })
})
