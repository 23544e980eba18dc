import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatOpenTimeRange, formatTimeRange, MAX_EPOCH_MS, MIN_EPOCH_MS, parseOpenTimeRange, parseTimeRange, toEpochMs } from './time.ts'

const instant = fc.integer({ min: MIN_EPOCH_MS, max: MAX_EPOCH_MS - 1 })

describe('toEpochMs', () => {
  it('recognises seconds, milliseconds, microseconds and nanoseconds by magnitude', () => {
    for (const value of [1_722_470_400, 1_722_470_400_000, 1_722_470_400_000_000, 1_722_470_400_000_000_000n]) {
      expect(toEpochMs(value)).toBe(1_722_470_400_000)
    }
  })

  it('reads every instant of 2000-2100 in every unit as itself', () => {
    fc.assert(fc.property(instant, (ms) => {
      expect(toEpochMs(ms)).toBe(ms)
      expect(toEpochMs(ms * 1000 + 999)).toBe(ms)
      expect(toEpochMs(Math.floor(ms / 1000))).toBe(Math.floor(ms / 1000) * 1000)
    }))
  })

  it('refuses what lies outside', () => {
    for (const value of [0, -1, 1, 946_684_799, 4_102_444_800, Number.NaN, Infinity]) expect(() => toEpochMs(value)).toThrow(/not an instant/)
  })
})

describe('parseTimeRange', () => {
  it('includes from and excludes to', () => {
    expect(parseTimeRange('2024-08-01:2024-08-02')).toEqual({ from: 1_722_470_400_000, to: 1_722_556_800_000 })
    expect(parseTimeRange('2024-08-01T12:30Z:2024-08-01T12:30:00.001Z')).toEqual({ from: 1_722_515_400_000, to: 1_722_515_400_001 })
  })

  it('reads back what it writes', () => {
    fc.assert(fc.property(instant, instant, (a, b) => {
      fc.pre(a !== b)
      const range = { from: Math.min(a, b), to: Math.max(a, b) }
      expect(parseTimeRange(formatTimeRange(range))).toEqual(range)
    }))
  })

  it.each([
    ['', /not 'from:to'/], ['2024-08-01', /not 'from:to'/], ['2024-08-02:2024-08-01', /reversed/], ['2024-08-01:2024-08-01', /empty/],
    ['2024-02-30:2024-03-02', /not a date/], ['1999-01-01:2024-01-01', /not a date/], ['2024-01-01:2100-01-02', /not a date/],
    ['2024-13-01:2024-14-01', /not a date/], ['2024-08-01T12:00:2024-08-02', /not 'from:to'/],
  ])('refuses %j', (text, message) => expect(() => parseTimeRange(text)).toThrow(message))
})

describe('parseOpenTimeRange', () => {
  it('reads a range without an end, and one with', () => {
    expect(parseOpenTimeRange('2024-08-01:')).toEqual({ from: 1_722_470_400_000, to: undefined })
    expect(parseOpenTimeRange('2024-08-01T12:30Z:')).toEqual({ from: 1_722_515_400_000, to: undefined })
    expect(parseOpenTimeRange('2024-08-01:2024-08-02')).toEqual(parseTimeRange('2024-08-01:2024-08-02'))
  })

  it('reads back what it writes', () => {
    fc.assert(fc.property(instant, fc.option(instant, { nil: undefined }), (from, to) => {
      fc.pre(to === undefined || from < to)
      expect(parseOpenTimeRange(formatOpenTimeRange({ from, to }))).toEqual({ from, to })
    }))
  })

  it.each([
    ['', /not 'from:to' or 'from:'/], [':', /not 'from:to'/], [':2024-08-01', /not 'from:to'/], ['2024-08-01', /not 'from:to'/],
    ['2024-02-30:', /not a date/], ['2024-08-02:2024-08-01', /reversed/],
  ])('refuses %j', (text, message) => expect(() => parseOpenTimeRange(text)).toThrow(message))

  it('stays closed to the parser of closed ranges', () => {
    expect(() => parseTimeRange('2024-08-01:')).toThrow(/not 'from:to'/)
  })
})
