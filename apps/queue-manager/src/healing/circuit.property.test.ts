import type { HealedJob, HealingCircuit } from '@streamforge/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { circuitOf, circuitsThatWork, closedCircuit, isProbe, onFailure, onSuccess, onTime, type CircuitPolicy } from './circuit.ts'

const policy: CircuitPolicy = { queues: 3, windowMs: 10_000, openMs: 1_000, maxOpenMs: 8_000, probeMs: 5_000 }
const chance = { policy, random: () => 0.999 }
const job = (n: number): HealedJob => ({ queue_id: `wf-btcusdt-api_candles_5m-20220801-00000${n}`, target: 'loader-producer' })
const fail = (circuit: HealingCircuit, n: number, at: number) => onFailure(circuit, { ...job(n), at, message: 'the venue is away' }, chance)

describe('a circuit', () => {
  it('opens when so many queues fail within the window, and not for one that fails often', () => {
    let circuit = closedCircuit('venue-binance')
    for (let i = 0; i < 10; i++) circuit = fail(circuit, 1, i * 100)
    expect(circuit.state).toBe('closed')
    circuit = fail(fail(circuit, 2, 1_000), 3, 1_100)
    expect(circuit).toMatchObject({ state: 'open', openings: 1, opened_at: 1_100, until: 2_100 })
    expect(circuit.reason).toContain('3 queues')
  })

  it('stays closed when failures lie apart, or somebody gets on between', () => {
    const apart = [0, 8_000, 20_000].reduce((c, at, i) => fail(c, i, at), closedCircuit('venue-binance'))
    expect(apart.state).toBe('closed')
    const between = fail(onSuccess(fail(fail(closedCircuit('venue-binance'), 1, 0), 2, 1), job(4)), 3, 2)
    expect(between.state).toBe('closed')
  })

  it('lets one at a time try, waits twice as long when it fails, and closes when it succeeds', () => {
    const open = [1, 2, 3].reduce((c, n) => fail(c, n, 0), closedCircuit('venue-binance'))
    const waiting = [job(1), job(2), job(3)]
    expect(onTime(open, 999, waiting, policy)).toBe(open)
    const first = onTime(open, 1_000, waiting, policy)
    expect(first.probe).toEqual({ ...job(1), since: 1_000 })
    expect([isProbe(first, job(1)), isProbe(first, job(2))]).toEqual([true, false])
    expect(fail(first, 2, 1_100)).toBe(first)
    const again = fail(first, 1, 1_200)
    expect(again).toMatchObject({ state: 'open', openings: 2, until: 3_199 })
    const second = onTime(again, 3_200, waiting, policy)
    expect(second.probe).toMatchObject(job(2))
    expect(onSuccess(second, job(2))).toMatchObject({ state: 'closed', openings: 0, failures: [] })
  })

  it('leaves the place of a probe that gets nowhere to the next, and is forgotten when nobody waits', () => {
    const open = [1, 2, 3].reduce((c, n) => fail(c, n, 0), closedCircuit('venue-binance'))
    const probing = onTime(open, 1_000, [job(1), job(2)], policy)
    expect(onTime(probing, 6_000, [job(2)], policy)).toBe(probing)
    expect(onTime(probing, 6_001, [job(2)], policy).probe).toMatchObject(job(2))
    expect(onTime(open, 1_000, [], policy).state).toBe('closed')
  })

  it('does not stay open for an hour because the clock was set back by one', () => {
    const open = [1, 2, 3].reduce((c, n) => fail(c, n, 3_600_000), closedCircuit('venue-binance'))
    const probing = onTime(open, 1_000, [job(1), job(2)], policy)
    expect(probing.probe).toMatchObject(job(1))
    expect(onTime({ ...probing, probe: { ...job(1), since: 3_600_000 } }, 2_000, [job(1), job(2)], policy).probe).toMatchObject(job(2))
  })

  it('whatever happens: at most one probe, and never open for longer than it may be', () => {
    const step = fc.record({ wait: fc.integer({ min: 0, max: 4_000 }), what: fc.constantFrom('fail', 'works', 'time'), who: fc.integer({ min: 1, max: 5 }) })
    fc.assert(fc.property(fc.array(step, { maxLength: 100 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (steps, random) => {
      let circuit = closedCircuit('venue-binance')
      let now = 1
      for (const { wait, what, who } of steps) {
        now += wait
        const before = circuit
        if (what === 'fail') circuit = onFailure(circuit, { ...job(who), at: now, message: 'away' }, { policy, random: () => random })
        else if (what === 'works') circuit = onSuccess(circuit, job(who))
        else circuit = onTime(circuit, now, [job(1), job(2)], policy)
        expect((circuit.state === 'half_open')).toBe(circuit.probe !== undefined && circuit.state === 'half_open')
        if (circuit.state === 'open') expect(circuit.until! - circuit.opened_at!).toBeLessThanOrEqual(policy.maxOpenMs)
        // Nobody is let through an open circuit before its time.
        if (before.state === 'open' && circuit.state !== 'open') expect(now).toBeGreaterThanOrEqual(before.until!)
        expect([1, 2, 3, 4, 5].filter((n) => isProbe(circuit, job(n))).length).toBeLessThanOrEqual(1)
      }
    }), { seed: 3 })
  })
})

describe('causes', () => {
  it('of a venue are one, of each venue its own; what is wrong with one worker is nobody else’s', () => {
    expect(circuitOf({ venue: 'binance' }, 'VENUE_BANNED')).toBe(circuitOf({ venue: 'binance' }, 'VENUE_UNREACHABLE'))
    expect(circuitOf({ venue: 'coinbase' }, 'VENUE_UNREACHABLE')).not.toBe(circuitOf({ venue: 'binance' }, 'VENUE_UNREACHABLE'))
    expect(circuitOf({ venue: 'binance' }, 'WORKER_LOST')).toBeUndefined()
    expect(circuitsThatWork({ venue: 'binance' }, 'loader-producer')).toContain('venue-binance')
    expect(circuitsThatWork({ venue: 'binance' }, 'arango-connector')).not.toContain('venue-binance')
  })
})
