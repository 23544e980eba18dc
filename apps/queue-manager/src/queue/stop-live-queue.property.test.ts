import type { QueueCommand, StoredQueue, Target } from '@streamforge/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advance } from './advance-queue.ts'
import { certificate, plannedQueue, testContext, workerEvent } from './queue-fixture.ts'
import type { QueueInput } from './queue-input.ts'

const liveQueue = (): StoredQueue => {
  const queue = plannedQueue({ type: 'ws_trades', shards: [], time_range: '2022-08-01:', max_attempts: 3 })
  delete queue.to
  delete queue.records_total
  return queue
}
const target = fc.constantFrom<Target>('loader-producer', 'arango-connector')
const attempt = fc.constantFrom(1, 1, 1, 2, 2, 3)
/** Anything that could reach a live queue, in any order, of any attempt, as often as it likes. */
const anyInput: fc.Arbitrary<QueueInput> = fc.oneof(
  fc.record({
    target, attempt, status: fc.constantFrom('started', 'loading', 'heartbeat', 'finished', 'stopped', 'error'), records_written: fc.nat(100),
    error: fc.boolean().map((retryable) => ({ code: 'VENUE_UNREACHABLE' as const, message: 'away', retryable })), complete: fc.boolean(),
  }).map(({ target: t, complete, ...more }): QueueInput => ({
    kind: 'event', event: workerEvent(liveQueue(), t, { ...more, ...(t === 'arango-connector' && { certificate: certificate(liveQueue(), { complete, open: true }) }) }),
  })),
  fc.record({ target, attempt, signal: fc.constantFrom('SIGKILL' as const, undefined) }).map(({ signal, ...job }): QueueInput => ({
    kind: 'exited', ...job, state: { status: 'failed', exitCode: signal ? undefined : 1, signal, reason: 'ended' },
  })),
  fc.constant<QueueInput>({ kind: 'start' }),
  fc.constant<QueueInput>({ kind: 'tick', listeningSince: 0 }),
  fc.constant<QueueInput>({ kind: 'stop', reason: 'by request' }),
)
const steps = fc.array(fc.tuple(anyInput, fc.integer({ min: 0, max: 60_000 })), { maxLength: 40, size: 'max' })
const hasEnded = (queue: StoredQueue) => ['finished', 'failed', 'stopped'].includes(queue.status)

function play(inputs: readonly (readonly [QueueInput, number])[], each: (before: StoredQueue, after: StoredQueue, commands: QueueCommand[]) => void) {
  let queue = advance(liveQueue(), { kind: 'start' }, testContext(0)).queue
  let now = 1_000
  const tell = (input: QueueInput, wait: number) => {
    now += wait
    const { queue: next, commands } = advance(queue, input, testContext(now))
    each(queue, next, commands)
    queue = next
    return commands
  }
  for (const [input, wait] of inputs) tell(input, wait)
  return { queue: () => queue, tell }
}

describe('a live queue, whatever happens', () => {
  it('ends when it is stopped, though no job says another word', () => {
    fc.assert(fc.property(steps, (inputs) => {
      const cancels: Extract<QueueCommand, { do: 'cancel' }>[] = []
      const life = play(inputs, (_before, _after, commands) => cancels.push(...commands.filter((c) => c.do === 'cancel')))
      life.tell({ kind: 'stop', reason: 'by request' }, 0)
      for (let i = 0; i < 40 && !hasEnded(life.queue()); i++) {
        life.tell({ kind: 'tick', listeningSince: 0 }, 60_000)
        // The launcher kills what does not end.
        for (const { target: which, attempt: of } of cancels.splice(0)) {
          life.tell({ kind: 'exited', target: which, attempt: of, state: { status: 'failed', exitCode: undefined, signal: undefined, reason: 'cancelled' } }, 0)
        }
      }
      expect(hasEnded(life.queue())).toBe(true)
    }), { seed: 1, numRuns: 500 })
  })

  it('launches no loader once it is stopping, and kills no connector that may still have records to store', () => {
    fc.assert(fc.property(steps, (inputs) => {
      play(inputs, (before, after, commands) => {
        if (before.stop_reason === undefined || after.stop_reason === undefined) return
        expect(commands.some((c) => c.do === 'launch' && c.start.target === 'loader-producer')).toBe(false)
        if (after.status !== 'running' || after.stop_stage === 'all') return
        for (const command of commands) {
          // An attempt is only cancelled for the next one.
          if (command.do === 'cancel') expect(after.jobs.find((j) => j.target === command.target)).toMatchObject({ target: 'arango-connector' })
        }
      })
    }), { seed: 2, numRuns: 500 })
  })

  it('is never failed by a certificate that shows a hole while it is being stopped', () => {
    fc.assert(fc.property(steps, (inputs) => {
      play(inputs, (before, after) => {
        if (before.stop_reason === undefined || before.status !== 'running' || after.status !== 'failed') return
        expect(after.jobs.find((j) => j.status === 'failed')?.error?.code).not.toBe('CERTIFICATE_INCOMPLETE')
      })
    }), { seed: 3, numRuns: 300 })
  })
})
