import fc from 'fast-check'
import { expect, it } from 'vitest'
import { backoffMs } from './backoff.ts'

const limits = { initialMs: 1_000, maxMs: 60_000 }

it('doubles up to the maximum', () => {
  expect([1, 2, 3, 6, 7, 1_000].map((n) => backoffMs(n, limits, () => 0.999_999_9))).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000])
})

it('takes off at most half at random', () => {
  fc.assert(fc.property(fc.nat(2_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempts, random) => {
    const full = backoffMs(attempts, limits, () => 1)
    const wait = backoffMs(attempts, limits, () => random)
    expect(wait).toBeGreaterThanOrEqual(Math.floor(full / 2))
    expect(wait).toBeLessThanOrEqual(full)
  }))
})
