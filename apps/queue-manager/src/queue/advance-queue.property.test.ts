import type { QueueCommand, StoredQueue, Target } from '@streamforge/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advance } from './advance-queue.ts'
import { certificate, plannedQueue, testContext, workerEvent } from './queue-fixture.ts'
import type { QueueInput } from './queue-input.ts'

const targets: readonly Target[] = ['loader-producer', 'arango-connector']
const target = fc.constantFrom(...targets)
const attempt = fc.constantFrom(1, 1, 1, 2, 2, 3, 4)
const error = fc.boolean().map((retryable) => ({ code: 'VENUE_UNREACHABLE' as const, message: 'away', retryable }))
const checkpoint = fc.integer({ min: 0, max: 1_000 }).map((records) => [{ shard: 0, position: records, records, done: records === 1_000 }])

/** Anything that could reach a queue, in any order, of any attempt, as often as it likes. */
const anyInput: fc.Arbitrary<QueueInput> = fc.oneof(
  fc.record({ target, attempt, status: fc.constantFrom('started', 'loading', 'heartbeat', 'finished', 'stopped', 'error'), records_written: fc.nat(1_000), checkpoint, error, complete: fc.boolean() })
    .map(({ target: t, complete, ...more }): QueueInput => ({
      kind: 'event', event: workerEvent(plannedQueue(), t, { ...more, ...(t === 'arango-connector' && more.status === 'finished' && { certificate: certificate(plannedQueue(), { complete }) }) }),
    })),
  fc.record({ target, attempt, code: fc.constantFrom(0, 1, 2, 78, undefined) }).map(({ code, ...job }): QueueInput => ({
    kind: 'exited', ...job, state: code === 0 ? { status: 'succeeded' } : { status: 'failed', exitCode: code, signal: code === undefined ? 'SIGKILL' : undefined, reason: 'ended' },
  })),
  fc.record({ target, attempt, error }).map((rest): QueueInput => ({ kind: 'launch-failed', ...rest })),
  fc.constant<QueueInput>({ kind: 'start' }),
  fc.constant<QueueInput>({ kind: 'tick', listeningSince: 0 }),
  fc.constant<QueueInput>({ kind: 'stop', reason: 'by request' }),
  fc.constant<QueueInput>({ kind: 'delete-topic' }),
)
const wait = fc.integer({ min: 0, max: 100_000 })
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const start: [QueueInput, number, number] = [{ kind: 'start' }, 0, 0]
/** Most lives begin with a start; without it hardly any input means anything. */
const steps = (input: fc.Arbitrary<QueueInput>) => fc.tuple(fc.boolean(), fc.array(fc.tuple(input, wait, chance), { maxLength: 60, size: 'max' }))
  .map(([asleep, inputs]) => (asleep ? inputs : [start, ...inputs]))
const ended = (queue: StoredQueue) => ['finished', 'failed', 'stopped'].includes(queue.status)

function play(inputs: readonly [QueueInput, number, number][], each: (before: StoredQueue, after: StoredQueue, commands: QueueCommand[], input: QueueInput) => void) {
  let queue = plannedQueue()
  let now = 1_000
  for (const [input, wait, random] of inputs) {
    now += wait
    const result = advance(queue, input, testContext(now, () => random))
    each(queue, result.queue, result.commands, input)
    queue = result.queue
  }
  return { queue, now }
}

describe('advance, whatever happens', () => {
  it('never launches an attempt twice, nor goes back to an older one', () => {
    fc.assert(fc.property(steps(fc.oneof({ arbitrary: anyInput, weight: 9 }, { arbitrary: fc.constant<QueueInput>({ kind: 'retry' }), weight: 1 })), (inputs) => {
      const newest = new Map<string, number>()
      play(inputs, (_before, _after, commands) => {
        for (const command of commands) {
          if (command.do !== 'launch') continue
          expect(command.start.attempt).toBe((newest.get(command.start.target) ?? 0) + 1)
          newest.set(command.start.target, command.start.attempt)
        }
      })
    }), { seed: 1, numRuns: 500 })
  })

  it('never leaves an ended state but by a retry, and loses no finished job and no certificate', () => {
    fc.assert(fc.property(steps(anyInput), (inputs) => {
      play(inputs, (before, after) => {
        if (!ended(before)) return
        expect(after.status).toBe(before.status)
        expect(after.certificate).toEqual(before.certificate)
        expect(after.jobs.map((j) => j.status)).toEqual(before.jobs.map((j) => j.status))
      })
    }), { seed: 2, numRuns: 500 })
  })

  it('never loses ground: counts and checkpoints only grow', () => {
    fc.assert(fc.property(steps(anyInput), (inputs) => {
      play(inputs, (before, after) => {
        for (const [i, job] of after.jobs.entries()) {
          expect(job.records_written).toBeGreaterThanOrEqual(before.jobs[i]!.records_written)
          expect(job.checkpoint[0]?.position ?? -1).toBeGreaterThanOrEqual(before.jobs[i]!.checkpoint[0]?.position ?? -1)
        }
      })
    }), { seed: 3, numRuns: 500 })
  })

  it('takes an input again as if it had come once', () => {
    fc.assert(fc.property(steps(anyInput), fc.nat(), (inputs, pick) => {
      const repeated = inputs.flatMap((step, i) => (i === pick % Math.max(1, inputs.length) && step[0].kind === 'event' ? [step, [step[0], 0, step[2]] as typeof step] : [step]))
      expect(play(repeated, () => undefined).queue).toEqual(play(inputs, () => undefined).queue)
    }), { seed: 4, numRuns: 500 })
  })

  it('always comes to an end when workers merely die', () => {
    fc.assert(fc.property(steps(anyInput), (inputs) => {
      let { queue, now } = play(inputs, () => undefined)
      const next = (input: QueueInput) => { ({ queue } = advance(queue, input, testContext(now += 100_000))) }
      for (let round = 0; round < 20 && !ended(queue); round++) {
        next({ kind: 'start' })
        for (const job of queue.jobs) next({ kind: 'exited', target: job.target, attempt: Math.max(1, job.attempt), state: { status: 'failed', exitCode: 1, signal: undefined, reason: 'died' } })
        next({ kind: 'tick', listeningSince: now })
      }
      expect(ended(queue)).toBe(true)
    }), { seed: 5, numRuns: 300 })
  })

  it('numbers the commands of the outbox without repeating itself', () => {
    fc.assert(fc.property(steps(anyInput), (inputs) => {
      const { queue } = play(inputs, () => undefined)
      const ids = queue.outbox.map((o) => o.id)
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b))
      expect(queue.has_outbox).toBe(ids.length > 0)
    }), { seed: 6, numRuns: 200 })
  })
})
