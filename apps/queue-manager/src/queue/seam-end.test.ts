import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advance } from './advance-queue.ts'
import { plannedQueue, testContext } from './queue-fixture.ts'
import { seamEnd } from './seam-end.ts'

describe('the end of history before live trades', () => {
  it('is not known before live began, nor before the venue has had time to show it over REST', () => {
    expect(seamEnd({ live: { status: 'pending' }, firstTime: undefined, now: 5_000, settleMs: 2_000 })).toBeUndefined()
    expect(seamEnd({ live: { status: 'running' }, firstTime: undefined, now: 5_000, settleMs: 2_000 })).toBeUndefined()
    expect(seamEnd({ live: { status: 'running' }, firstTime: 4_000, now: 6_000, settleMs: 2_000 })).toBeUndefined()
    expect(seamEnd({ live: { status: 'running' }, firstTime: 4_000, now: 6_001, settleMs: 2_000 })).toBe(4_001)
  })

  it('stays where live began when live has ended since', () => {
    for (const status of ['failed', 'stopped', 'finished'] as const) expect(seamEnd({ live: { status }, firstTime: 4_000, now: 9_000, settleMs: 2_000 })).toBe(4_001)
  })

  it('is the end of the range without a live trade, and never when live failed before its first', () => {
    expect(seamEnd({ live: { status: 'finished' }, firstTime: undefined, now: 9_000, settleMs: 2_000 })).toBe(9_000)
    for (const live of [{ status: 'failed' }, { status: 'stopped' }, undefined] as const) {
      expect(seamEnd({ live, firstTime: undefined, now: 9_000, settleMs: 2_000 })).toBe('never')
    }
  })

  it('leaves no id out, wherever live began, whatever trades share an instant', () => {
    // Trades in order of id, many in the same millisecond; live begins at any of them.
    const trades = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 60 }).map((steps) => {
      let time = 1_000
      return steps.map((step, id) => ({ id, time: (time += step) }))
    })
    fc.assert(fc.property(trades, fc.nat(), (all, where) => {
      const first = all[where % all.length]!
      const to = seamEnd({ live: { status: 'running' }, firstTime: first.time, now: 1_000_000, settleMs: 0 })
      const history = all.filter((t) => t.time < Number(to)).map((t) => t.id)
      const live = all.slice(first.id).map((t) => t.id)
      expect(history).toContain(first.id)
      expect([...new Set([...history, ...live])].toSorted((a, b) => a - b)).toEqual(all.map((t) => t.id))
    }))
  })
})

describe('a queue that waits for its end', () => {
  const waiting = () => {
    const queue = plannedQueue({ type: 'api_trades', shards: [], ends_at_queue: 'wf-btcusdt-ws_trades-20220801-a1b2c3' })
    delete queue.to
    return queue
  }
  const meet = (to: number) => ({ kind: 'meet', to, shards: [{ shard: 0, from: waiting().from, to }] }) as const

  it('does not start without it', () => {
    expect(advance(waiting(), { kind: 'start' }, testContext(1)).queue).toEqual(waiting())
  })

  it('takes the first end that it hears', () => {
    const { from } = waiting()
    const met = advance(waiting(), meet(from + 60_000), testContext(1)).queue
    expect(met).toMatchObject({ to: from + 60_000, status: 'pending', time_range: '2022-08-01:2022-08-01T00:01Z' })
    expect(advance(met, meet(from + 90_000), testContext(2)).queue).toEqual(met)
    const { commands } = advance(met, { kind: 'start' }, testContext(3))
    expect(commands.flatMap((c) => (c.do === 'launch' ? [c.start.time_range] : []))).toEqual(['2022-08-01:2022-08-01T00:01Z', '2022-08-01:2022-08-01T00:01Z'])
  })

  it('is finished when live began at its start', () => {
    expect(advance(waiting(), meet(waiting().from - 5), testContext(1)).queue).toMatchObject({ status: 'finished' })
  })
})
