import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatFigure, niceTicks } from './nice-ticks.ts'

describe('ticks', () => {
  it('are round and within the range', () => {
    expect(niceTicks(0, 1, 4)).toEqual([0, 0.5, 1])
    expect(niceTicks(-0.03, 0.05, 4)).toEqual([-0.02, 0, 0.02, 0.04])
    expect(niceTicks(1, 20, 6)).toEqual([5, 10, 15, 20])
    expect(niceTicks(3, 3, 4)).toEqual([3])
  })
  it('are neither none nor many, whatever the range', () => {
    fc.assert(fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.double({ min: 1e-3, max: 1e6, noNaN: true }), (from, length) => {
      const ticks = niceTicks(from, from + length, 5)
      expect(ticks.length).toBeGreaterThanOrEqual(2)
      expect(ticks.length).toBeLessThanOrEqual(7)
    }))
  })
  it('are written short', () => expect([0, 0.012345, -1.5e-7, 1234].map(formatFigure)).toEqual(['0', '0.0123', '-1.50e-7', '1230']))
})
