import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isOpenAt, openMsBetween, type OpeningHours } from './open-time.ts'

const hour = 3_600_000
const newYork: OpeningHours = { timezone: 'America/New_York', days: [1, 2, 3, 4, 5], openMinute: 9 * 60 + 30, closeMinute: 16 * 60 }
const start = Date.UTC(2025, 0, 1)
const instant = fc.integer({ min: start, max: start + 365 * 24 * hour })

describe('open time', () => {
  it.each([
    ['an ordinary week', '2025-01-13T00:00:00Z'],
    ['the week in which clocks go forward', '2025-03-09T00:00:00-05:00'],
    ['the week in which clocks go back', '2025-11-02T00:00:00-04:00'],
  ])('of %s is five days of six and a half hours', (_, from) => {
    const begin = Date.parse(from)
    expect(openMsBetween(begin, begin + 7 * 24 * hour, newYork)).toBe(5 * 6.5 * hour)
  })

  it('follows the clock of the market through a change of daylight saving time', () => {
    expect(isOpenAt(Date.parse('2025-03-07T14:29:59Z'), newYork)).toBe(false)
    expect(isOpenAt(Date.parse('2025-03-07T14:30:00Z'), newYork)).toBe(true)
    expect(isOpenAt(Date.parse('2025-03-10T13:30:00Z'), newYork)).toBe(true)
    expect(isOpenAt(Date.parse('2025-03-10T20:00:00Z'), newYork)).toBe(false)
  })

  it('has none on a holiday', () => {
    const begin = Date.parse('2025-12-22T00:00:00-05:00')
    expect(openMsBetween(begin, begin + 7 * 24 * hour, { ...newYork, holidays: ['2025-12-25'] })).toBe(4 * 6.5 * hour)
  })

  it('adds up, and is never more than the span', () => {
    fc.assert(fc.property(instant, fc.integer({ min: 0, max: 72 * hour }), fc.integer({ min: 0, max: 72 * hour }), (from, one, two) => {
      const open = (a: number, b: number) => openMsBetween(a, b, newYork)
      expect(open(from, from + one) + open(from + one, from + one + two)).toBe(open(from, from + one + two))
      expect(open(from, from + one)).toBeLessThanOrEqual(one)
    }), { numRuns: 40 })
  })

  it('is the whole span of a market that never closes', () => {
    expect(openMsBetween(5, 12, undefined)).toBe(7)
    expect(openMsBetween(12, 5, undefined)).toBe(0)
  })
})
