import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayMs, easterSunday, saturday, sunday, weekdayOf } from './civil-day.ts'
import { closesEarly, specialClosures, usHolidays } from './us-holidays.ts'
import { usSession } from './us-session.ts'

const year = fc.integer({ min: 2000, max: 2099 })
const date = (ms: number) => new Date(ms).toISOString().slice(0, 10)
const dates = (of: number) => [...usHolidays(of)].sort((a, b) => a - b).map(date)
const sessionOn = (text: string) => usSession(Date.parse(`${text}T00:00:00Z`))

describe('usHolidays', () => {
  // As the exchanges published them (nyse.com, "Holidays and trading hours").
  it.each([
    [2010, ['2010-01-01', '2010-01-18', '2010-02-15', '2010-04-02', '2010-05-31', '2010-07-05', '2010-09-06', '2010-11-25', '2010-12-24']],
    [2012, ['2012-01-02', '2012-01-16', '2012-02-20', '2012-04-06', '2012-05-28', '2012-07-04', '2012-09-03', '2012-10-29', '2012-10-30', '2012-11-22', '2012-12-25']],
    [2021, ['2021-01-01', '2021-01-18', '2021-02-15', '2021-04-02', '2021-05-31', '2021-07-05', '2021-09-06', '2021-11-25', '2021-12-24']],
    [2022, ['2022-01-17', '2022-02-21', '2022-04-15', '2022-05-30', '2022-06-20', '2022-07-04', '2022-09-05', '2022-11-24', '2022-12-26']],
    [2026, ['2026-01-01', '2026-01-19', '2026-02-16', '2026-04-03', '2026-05-25', '2026-06-19', '2026-07-03', '2026-09-07', '2026-11-26', '2026-12-25']],
    [2027, ['2027-01-01', '2027-01-18', '2027-02-15', '2027-03-26', '2027-05-31', '2027-06-18', '2027-07-05', '2027-09-06', '2027-11-25', '2027-12-24']],
  ])('are those that were published for %i', (of, published) => expect(dates(of)).toEqual(published))

  it('are weekdays of their own year, nine or ten by rule', () => {
    fc.assert(fc.property(year, (y) => {
      const special = specialClosures.filter((text) => text.startsWith(`${y}-`)).length
      const byRule = usHolidays(y).size - special
      expect(byRule).toBeGreaterThanOrEqual(y < 2022 ? 8 : 9)
      expect(byRule).toBeLessThanOrEqual(y < 2022 ? 9 : 10)
      for (const day of usHolidays(y)) {
        expect(weekdayOf(day)).not.toBe(saturday)
        expect(weekdayOf(day)).not.toBe(sunday)
        expect(new Date(day).getUTCFullYear()).toBe(y)
      }
    }))
  })

  it('never close the market for more than four days on end, but for September 2001', () => {
    fc.assert(fc.property(fc.integer({ min: Date.UTC(2002, 0) / dayMs, max: Date.UTC(2099, 0) / dayMs }), (at) => {
      expect([0, 1, 2, 3, 4].some((after) => usSession((at + after) * dayMs))).toBe(true)
    }))
  })

  it('put Easter on a Sunday between 22 March and 25 April, after the Friday that is kept', () => {
    fc.assert(fc.property(year, (y) => {
      const easter = easterSunday(y)
      expect(weekdayOf(easter)).toBe(sunday)
      expect(easter >= Date.UTC(y, 2, 22) && easter <= Date.UTC(y, 3, 25)).toBe(true)
      expect(usHolidays(y).has(easter - 2 * dayMs)).toBe(true)
    }))
    expect([2000, 2008, 2011, 2016, 2024, 2025, 2038].map((y) => date(easterSunday(y)))).toEqual([
      '2000-04-23', '2008-03-23', '2011-04-24', '2016-03-27', '2024-03-31', '2025-04-20', '2038-04-25'])
  })
})

describe('usSession', () => {
  it("goes by New York's clock, whatever the season", () => {
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'America/New_York', dateStyle: 'short', timeStyle: 'short' })
    fc.assert(fc.property(fc.integer({ min: Date.UTC(2000, 0) / dayMs, max: Date.UTC(2037, 0) / dayMs }), (at) => {
      const session = usSession(at * dayMs)
      if (!session) return
      const [year, month, day] = date(at * dayMs).split('-')
      expect(clock.format(session.open)).toBe(`${day}/${month}/${year}, 09:30`)
      expect(clock.format(session.close)).toBe(`${day}/${month}/${year}, ${closesEarly(at * dayMs) ? '13' : '16'}:00`)
      expect(Math.floor(session.open / dayMs) === at && Math.floor(session.close / dayMs) === at).toBe(true)
    }), { numRuns: 2_000 })
  })

  it.each([
    ['2002-07-03', 20], ['2002-07-05', 17], ['2003-12-26', 18], ['2012-07-03', 17], ['2013-07-03', 17], ['2013-07-05', 20], ['2016-11-25', 18], ['2018-12-24', 18], ['2019-07-03', 17],
    ['2019-07-05', 20], ['2024-07-03', 17], ['2024-12-24', 18], ['2025-07-03', 17], ['2025-11-28', 18], ['2020-12-31', 21],
  ])('of %s ends at %i:00 UTC', (text, hour) => expect(new Date(sessionOn(text)!.close).getUTCHours()).toBe(hour))

  it.each(['2001-09-13', '2004-06-11', '2012-10-29', '2021-12-24', '2025-01-09', '2024-06-19', '2024-06-22'])('is not held on %s', (text) => expect(sessionOn(text)).toBeUndefined())
})
