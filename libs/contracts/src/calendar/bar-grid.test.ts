import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ceilToInterval, countCandles, floorToInterval, intervals, nextOpenTime } from '../interval.ts'
import { barGrid } from './bar-grid.ts'

const dayMs = 86_400_000
const time = fc.integer({ min: Date.UTC(2001, 0), max: Date.UTC(2040, 0) })
const interval = fc.constantFrom(...intervals.filter((name) => name !== '1s' && name !== '1m'))
const venue = fc.constantFrom('binance', 'yahoo', 'yahoo_l')
const date = (ms: number) => new Date(ms).toISOString().slice(0, 10)
const day = (text: string) => Date.parse(`${text}T00:00:00Z`)

describe('barGrid', () => {
  it('steps from due bar to due bar, and back', () => {
    fc.assert(fc.property(venue, interval, time, (v, i, t) => {
      const grid = barGrid(v, i)
      const first = grid.atOrAfter(t)
      expect(first).toBe(floorToInterval(first, i))
      const next = grid.next(first)
      expect([grid.isDue(first), grid.isDue(next), grid.before(next), grid.follows(first, next)]).toEqual([true, true, first, true])
      for (let open = nextOpenTime(first, i); open < next; open = nextOpenTime(open, i)) expect(grid.isDue(open)).toBe(false)
      for (let open = ceilToInterval(t, i); open < first; open = nextOpenTime(open, i)) expect(grid.isDue(open)).toBe(false)
    }))
  })

  it('counts the bars that it lists, in parts as in the whole', () => {
    fc.assert(fc.property(venue, fc.constantFrom('5m', '30m', '1h', '1d', '1w', '1M'), time, fc.nat(9 * dayMs), fc.nat(9 * dayMs), (v, i, from, first, second) => {
      const grid = barGrid(v, i)
      const [middle, to] = [from + first, from + first + second]
      const times = grid.times({ from, to })
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b).filter((open) => grid.isDue(open) && open >= from && open < to))
      expect(grid.count({ from, to })).toBe(times.length)
      expect(grid.count({ from, to: middle }) + grid.count({ from: middle, to })).toBe(times.length)
    }))
  })

  it('leaves out nothing where the market never closes', () => {
    fc.assert(fc.property(interval, time, fc.nat(20 * dayMs), (i, from, length) => {
      expect(barGrid('binance', i).count({ from, to: from + length })).toBe(countCandles({ from, to: from + length }, i))
    }))
  })

  it('knows that a stock is not traded at week-ends and on holidays, and when one bar is missing', () => {
    const grid = barGrid('yahoo', '1d')
    expect(grid.calendar).toBe('us_stocks')
    // Thanksgiving 2017 was Thursday the 23rd.
    expect(grid.times({ from: day('2017-11-20'), to: day('2017-11-28') }).map(date)).toEqual(['2017-11-20', '2017-11-21', '2017-11-22', '2017-11-24', '2017-11-27'])
    expect(grid.follows(day('2017-11-22'), day('2017-11-24'))).toBe(true)
    expect(grid.follows(day('2017-11-22'), day('2017-11-27'))).toBe(false)
    expect(grid.follows(day('2017-11-24'), day('2017-11-24'))).toBe(false)
    expect(barGrid('binance', '1d').follows(day('2017-11-22'), day('2017-11-24'))).toBe(false)
  })

  it('has 252 bars in a usual year of a stock, and 78 of five minutes in a usual day', () => {
    const years = Array.from({ length: 20 }, (_, i) => barGrid('yahoo', '1d').count({ from: Date.UTC(2003 + i, 0), to: Date.UTC(2004 + i, 0) }))
    expect(years).toEqual([252, 252, 252, 251, 251, 253, 252, 252, 252, 250, 252, 252, 252, 252, 251, 251, 252, 253, 252, 251])
    const bars = (from: string) => barGrid('yahoo', '5m').times({ from: day(from), to: day(from) + dayMs })
    expect([bars('2017-07-03').length, bars('2017-07-04').length, bars('2017-07-05').length]).toEqual([42, 0, 78])
    expect([new Date(bars('2017-07-05')[0]!).toISOString(), new Date(bars('2017-12-05').at(-1)!).toISOString()]).toEqual(['2017-07-05T13:30:00.000Z', '2017-12-05T20:55:00.000Z'])
    expect(barGrid('yahoo', '5m').follows(bars('2017-07-03').at(-1)!, bars('2017-07-05')[0]!)).toBe(true)
    expect(['5m', '1d', '1w', '1M'].map((i) => [barGrid('yahoo', i as '5m').barsADay, barGrid('binance', i as '5m').barsADay])).toEqual([[78, 288], [1, 1], [1, 1], [1, 1]])
    // An hour in which the market is open for its second half only.
    expect(new Date(barGrid('yahoo', '1h').atOrAfter(day('2017-07-05'))).toISOString()).toBe('2017-07-05T13:00:00.000Z')
  })

  it('takes what an exchange without a calendar does for its holidays, up to ten days', () => {
    const grid = barGrid('yahoo_hk', '1d')
    expect(grid.calendar).toBe('weekdays')
    expect(grid.follows(day('2017-10-02'), day('2017-10-09'))).toBe(true)
    expect(grid.follows(day('2017-10-02'), day('2017-10-16'))).toBe(false)
    // They count as holes all the same: nobody knows that they are holidays.
    expect(grid.count({ from: day('2017-10-03'), to: day('2017-10-09') })).toBe(4)
  })
})
