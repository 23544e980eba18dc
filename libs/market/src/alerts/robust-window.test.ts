import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { medianOf, robustWindow } from './robust-window.ts'

const options = { length: 50, least: 5, leastScale: 1e-9 }
const values = fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: 5, maxLength: 50 })
const filled = (given: readonly number[], leastScale = 1e-9) => {
  const window = robustWindow({ ...options, leastScale })
  for (const value of given) window.push(value)
  return window
}

describe('robust deviations', () => {
  it('are those of the textbook', () => {
    // Median 3, absolute deviations 2 1 0 1 97: their median is 1.
    expect(filled([1, 2, 3, 4, 100]).deviations(100)).toBeCloseTo(97 / 1.4826, 10)
    expect(filled([1, 2, 3, 4, 100]).deviations(3)).toBe(0)
    expect(medianOf([4, 1, 3, 2])).toBe(2.5)
  })

  it('say nothing of too few values, and keep only the newest', () => {
    const window = robustWindow({ ...options, length: 5 })
    for (const value of [1, 2, 3, 4]) window.push(value)
    expect(window.deviations(1)).toBeUndefined()
    for (const value of [10, 10, 10, 20, 30]) window.push(value)
    expect(window.size).toBe(5)
    expect(window.deviations(10)).toBe(0)
  })

  it('do not change when all values are moved', () => {
    fc.assert(fc.property(values, fc.integer({ min: -100, max: 100 }), fc.double({ min: -1000, max: 1000, noNaN: true }), (given, shift, value) => {
      const one = filled(given, 1).deviations(value)!
      const moved = filled(given.map((v) => v + shift), 1).deviations(value + shift)!
      expect(moved).toBeCloseTo(one, 6)
    }))
  })

  it('are not fooled by fewer than half of the values being wild', () => {
    fc.assert(fc.property(
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 13, maxLength: 20 }), fc.array(fc.double({ min: 1e6, max: 1e9, noNaN: true }), { maxLength: 12 }),
      (calm, wild) => {
        expect(filled([...wild, ...calm], 0.1).deviations(1e6)!).toBeGreaterThan(1e5)
      },
    ))
  })
})
