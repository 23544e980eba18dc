import fc from 'fast-check'
import { expect, it } from 'vitest'
import { recentCount } from './recent-count.ts'

it('counts at least what came within nine tenths of the window, and nothing that is older than it', () => {
  fc.assert(fc.property(fc.array(fc.record({ wait: fc.integer({ min: 0, max: 400 }), count: fc.integer({ min: 1, max: 9 }) }), { maxLength: 60 }), (steps) => {
    const recent = recentCount(1_000)
    const all: { at: number; count: number }[] = []
    let now = 1_722_470_400_000
    for (const { wait, count } of steps) {
      now += wait
      recent.add(count, now)
      all.push({ at: now, count })
      const within = (ms: number) => all.filter(({ at }) => now - at < ms).reduce((sum, { count: n }) => sum + n, 0)
      expect(recent.total(now)).toBeGreaterThanOrEqual(within(900))
      expect(recent.total(now)).toBeLessThanOrEqual(within(1_000 + 1))
    }
  }))
})
