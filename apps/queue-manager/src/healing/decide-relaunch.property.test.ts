import type { HealingCircuit, StoredQueue, Target } from '@streamforge/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advance } from '../queue/advance-queue.ts'
import { plannedQueue, testContext } from '../queue/queue-fixture.ts'
import type { StoredJob } from '../queue/queue-input.ts'
import { closedCircuit } from './circuit.ts'
import { decideRelaunch, type HealingView } from './decide-relaunch.ts'
import { findStuck } from './find-stuck.ts'
import { countRelaunch, relaunchesWithinHour, relaunchLimit } from './relaunch-budget.ts'

const queue = plannedQueue({ status: 'running', max_attempts: 3 })
const waiting = (more: Partial<StoredJob> = {}): StoredJob => ({
  ...queue.jobs[0]!, status: 'waiting', attempt: 1, attempts_without_progress: 1, relaunch_at: 1_000, error: { code: 'VENUE_UNREACHABLE', message: 'away', retryable: true }, ...more,
})
const open: HealingCircuit = { ...closedCircuit('venue-binance'), state: 'open', until: 9_000 }
const probeBy = (target: Target): HealingCircuit => ({ ...open, state: 'half_open', probe: { queue_id: queue.queue_id, target, since: 1_000 } })
const probing = probeBy('loader-producer')
const view = (circuit: HealingCircuit | undefined, spent = 0, limit = 10): HealingView => ({ circuit: () => circuit, relaunches: () => ({ spent, limit }) })

describe('a lost worker', () => {
  it('comes back only when its time has come, its cause is not known to be there, and there are attempts and relaunches left', () => {
    const circuit = fc.constantFrom(undefined, open, probing, probeBy('arango-connector'))
    fc.assert(fc.property(fc.integer({ min: 0, max: 3_000 }), fc.nat(5), fc.nat(20), circuit, (now, attempts, spent, c) => {
      const decision = decideRelaunch(queue, waiting({ attempts_without_progress: attempts }), now, view(c, spent))
      if (decision.do === 'relaunch') expect([c === undefined, now >= 1_000, attempts < 3, spent < 10]).toEqual([true, true, true, true])
      if (decision.do === 'probe') expect(c).toBe(probing)
      if (c && c !== probing) expect(decision.do).toBe('hold')
      if (decision.do === 'give_up') expect(attempts >= 3 || spent >= 10).toBe(true)
      if (!c && now >= 1_000) expect(decision.do).not.toBe('wait')
    }), { seed: 4 })
  })

  it('burns no attempts while its cause is known, and is held once, with the reason', () => {
    const context = { ...testContext(5_000), healing: view(open) }
    const running: StoredQueue = { ...queue, jobs: queue.jobs.map((job) => ({ ...job, status: 'running', attempt: 1, last_event_at: 4_000 })) }
    const event = { kind: 'launch-failed' as const, target: 'loader-producer' as const, attempt: 1, error: { code: 'LAUNCH_FAILED' as const, message: 'away', retryable: true } }
    const launching = { ...running, jobs: running.jobs.map((job) => ({ ...job, status: 'launching' as const })) }
    const lost = advance(launching, event, context).queue
    expect(lost.jobs[0]).toMatchObject({ status: 'waiting', attempts_without_progress: 0 })
    const tick = { kind: 'tick' as const, listeningSince: 0 }
    const held = advance(lost, tick, { ...context, now: 6_000 })
    expect(held.commands).toMatchObject([{ do: 'record', decision: { action: 'hold', circuit: 'venue-binance' } }])
    expect(held.queue.jobs[0]!.held_by).toBe('venue-binance')
    expect(advance(held.queue, tick, { ...context, now: 7_000 }).commands).toEqual([])
    const again = advance(held.queue, tick, { ...context, now: 8_000, healing: view(probing) })
    expect(again.commands.map((c) => c.do)).toEqual(['cancel', 'publish', 'launch', 'record'])
    expect(again.queue.jobs[0]!.held_by).toBeUndefined()
  })
})

describe('relaunches', () => {
  it('are counted within the last hour and kept in a few numbers', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 200 }), (waits) => {
      let relaunches: ReturnType<typeof countRelaunch> = []
      const times: number[] = []
      let now = 1_700_000_000_000
      for (const wait of waits) {
        now += wait
        times.push(now)
        relaunches = countRelaunch(relaunches, now)
      }
      const counted = relaunchesWithinHour(relaunches, now)
      expect(relaunches.length).toBeLessThanOrEqual(8)
      expect(counted).toBeGreaterThanOrEqual(times.filter((t) => now - t < 3_000_000).length)
      expect(counted).toBeLessThanOrEqual(times.filter((t) => now - t < 3_600_000).length)
    }), { seed: 5 })
    expect([relaunchLimit(500, 3), relaunchLimit(500, 2_000)]).toEqual([500, 20_000])
  })
})

describe('a worker that gets no further', () => {
  const running = (jobs: Partial<StoredJob>[], more: Partial<StoredQueue> = {}) =>
    plannedQueue({ status: 'running', ...more, jobs: queue.jobs.map((job, i) => ({ ...job, status: 'running', attempt: 1, progress_at: 1_000, ...jobs[i] })) })

  it('is a loader of history, by when it last got further', () => {
    const q = running([{ progress_at: 2_000 }])
    expect(findStuck(q, q.jobs[0]!)).toMatchObject({ since: 2_000 })
  })

  it('is a connector that is behind its loader, or that has everything and does not end; not one that has nothing to do', () => {
    const idle = running([{ records_written: 5 }, { records_written: 5 }])
    expect(findStuck(idle, idle.jobs[1]!)).toBeUndefined()
    const behind = running([{ records_written: 6 }, { records_written: 5 }])
    expect(findStuck(behind, behind.jobs[1]!)).toMatchObject({ since: 1_000 })
    const last = running([{ records_written: 5, status: 'finished', finished_at: 3_000 }, { records_written: 5 }])
    expect(findStuck(last, last.jobs[1]!)).toMatchObject({ since: 3_000 })
  })

  it('is a live loader by its connection, however quiet its market', () => {
    const quiet = running([{ progress_at: 0 }], { type: 'ws_trades' })
    expect(findStuck(quiet, quiet.jobs[0]!)).toBeUndefined()
    const cut = running([{ disconnected_since: 4_000 }], { type: 'ws_trades' })
    expect(findStuck(cut, cut.jobs[0]!)).toMatchObject({ since: 4_000 })
  })

  it('is replaced after the time that it may take, and not before', () => {
    const policy = { ...testContext(0).policy, progressMs: 10_000 }
    const q = running([{ progress_at: 20_000, last_event_at: 30_000 }, { last_event_at: 30_000 }])
    const tick = { kind: 'tick' as const, listeningSince: 0 }
    expect(advance(q, tick, { ...testContext(30_000), policy }).commands).toEqual([])
    const { commands, queue: after } = advance(q, tick, { ...testContext(30_001), policy })
    expect(commands).toMatchObject([{ do: 'cancel', target: 'loader-producer' }, { do: 'record', decision: { action: 'wait', code: 'WORKER_STUCK' } }])
    expect(after.jobs[0]).toMatchObject({ status: 'waiting', error: { code: 'WORKER_STUCK' } })
  })
})
