import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeFault, kinds, type Kind, type Link } from './fault.ts'
import { longestMs, planFaults } from './plan-faults.ts'

const links: readonly Link[] = ['bus', 'store', 'venue']
const options = fc.record({
  seed: fc.integer(), count: fc.integer({ min: 0, max: 120 }), kinds: fc.subarray([...kinds], { minLength: 1 }), links: fc.constant(links),
})

describe('the schedule of faults', () => {
  it('is the same for the same seed, and a longer one begins with the shorter', () => {
    fc.assert(fc.property(options, fc.nat(50), (given, more) => {
      const plan = planFaults(given)
      expect(plan).toHaveLength(given.count)
      expect(planFaults({ ...given, count: given.count + more }).slice(0, given.count)).toEqual(plan)
    }), { seed: 9, numRuns: 100 })
  })

  it('is another for another seed', () => {
    const plan = (seed: number) => planFaults({ seed, count: 30, kinds, links })
    expect(new Set([1, 2, 3, 4].map((seed) => JSON.stringify(plan(seed)))).size).toBe(4)
  })

  it('gives every kind its share, and only what may be had', () => {
    fc.assert(fc.property(options, (given) => {
      const counts = new Map<Kind, number>(given.kinds.map((kind) => [kind, 0]))
      for (const { kind } of planFaults(given)) counts.set(kind, counts.get(kind)! + 1)
      expect([...counts.keys()].sort()).toEqual([...given.kinds].sort())
      expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1)
    }), { seed: 9, numRuns: 100 })
  })

  it('lasts no longer than it says, and numbers its faults', () => {
    fc.assert(fc.property(options, (given) => {
      for (const [at, fault] of planFaults(given).entries()) {
        expect(fault.index).toBe(at)
        expect(fault.pick).toBeGreaterThanOrEqual(0)
        expect(fault.pick).toBeLessThan(1)
        if ('forMs' in fault) expect(fault.forMs).toBeLessThanOrEqual(longestMs)
        if ('link' in fault) expect(links).toContain(fault.link)
        expect(describeFault(fault)).toContain(fault.kind)
      }
    }), { seed: 9, numRuns: 100 })
  })

  it('reaches every link, service, app, poison and topic within 200 faults', () => {
    const plan = planFaults({ seed: 1, count: 200, kinds, links })
    const seen = (field: string) => new Set(plan.flatMap((fault) => (field in fault ? [(fault as unknown as Record<string, unknown>)[field]] : []))).size
    expect(['link', 'service', 'app', 'topic'].map(seen)).toEqual([3, 2, 4, 3])
    expect(seen('poison')).toBe(5)
  })
})
