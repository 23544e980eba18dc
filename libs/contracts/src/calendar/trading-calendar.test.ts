import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayMs } from './civil-day.ts'
import { calendarOf, tradingDaysBefore } from './trading-calendar.ts'

const instant = (text: string) => Date.parse(`${text}Z`)
const before = (venue: string, end: string, days = 1) => new Date(tradingDaysBefore(calendarOf(venue), instant(end), days)).toISOString().slice(0, 16)

describe('tradingDaysBefore', () => {
  it('is so many days before where the market never closes', () => {
    fc.assert(fc.property(fc.integer({ min: Date.UTC(2010, 0), max: Date.UTC(2040, 0) }), fc.integer({ min: 1, max: 5 }), (end, days) => {
      expect(tradingDaysBefore(calendarOf('binance'), end, days)).toBe(end - days * dayMs)
    }))
  })

  it.each([
    // Friday the 26th to Monday the 29th.
    ['2024-07-26T20:00', '2024-07-25T20:00'], ['2024-07-29T13:35', '2024-07-26T13:35'], ['2024-07-30T00:00', '2024-07-27T00:00'], ['2024-07-27T00:00', '2024-07-26T00:00'],
    ['2024-07-28T09:00', '2024-07-26T00:00'],
    // Over Thanksgiving.
    ['2024-11-29T15:00', '2024-11-27T15:00'], ['2024-11-30T00:00', '2024-11-28T00:00'],
  ])('of a stock at %s, one day, begins at %s', (end, begin) => expect(before('yahoo', end)).toBe(begin))

  it('holds as many hours of days of trading as were asked for, and begins at the latest after a day of trading', () => {
    const calendar = calendarOf('yahoo')
    fc.assert(fc.property(fc.integer({ min: Date.UTC(2010, 0) / 60_000, max: Date.UTC(2040, 0) / 60_000 }), fc.integer({ min: 1, max: 4 }), (minutes, days) => {
      const end = minutes * 60_000
      const start = tradingDaysBefore(calendar, end, days)
      let open = 0
      for (let time = start; time < end;) {
        const next = Math.min(end, (Math.floor(time / dayMs) + 1) * dayMs)
        if (calendar.session(Math.floor(time / dayMs) * dayMs)) open += next - time
        time = next
      }
      expect(open).toBe(days * dayMs)
      expect(calendar.session(Math.floor((start - 1) / dayMs) * dayMs)).toBeDefined()
    }))
  })
})
