import {
  dayMs, dayOfDate, easterSunday, friday, lastWeekday, monday, nthWeekday, saturday, sunday, thursday, tuesday, wednesday, weekdayOf,
} from './civil-day.ts'

/**
 * Days on which the New York Stock Exchange and Nasdaq are closed although they are weekdays, as midnights UTC of their dates, from 2000 on.
 * Both keep the same days. By rule (NYSE Rule 7.2, and the exchanges' published holidays):
 *
 * - New Year's Day; on a Sunday it is kept on Monday, on a Saturday not at all, for the Friday before ends a year of accounts (2010, 2021)
 * - Martin Luther King Day, third Monday of January; Washington's Birthday, third Monday of February
 * - Good Friday, two days before Easter Sunday
 * - Memorial Day, last Monday of May; Juneteenth, 19 June, since 2022
 * - Independence Day, 4 July; Labor Day, first Monday of September
 * - Thanksgiving, fourth Thursday of November; Christmas, 25 December
 *
 * Juneteenth, Independence Day and Christmas are kept on Friday when they are a Saturday, on Monday when they are a Sunday. Closures that no
 * rule gives are listed: {@link specialClosures}.
 */
export function usHolidays(year: number): ReadonlySet<number> {
  const known = holidaysOfYear.get(year)
  if (known) return known
  const days = new Set([
    ...newYearsDay(year), nthWeekday(year, 1, monday, 3), nthWeekday(year, 2, monday, 3), easterSunday(year) - 2 * dayMs, lastWeekday(year, 5, monday),
    ...(year >= 2022 ? [observed(dayOfDate(year, 6, 19))] : []), observed(dayOfDate(year, 7, 4)), nthWeekday(year, 9, monday, 1),
    nthWeekday(year, 11, thursday, 4), observed(dayOfDate(year, 12, 25)),
    ...specialClosures.map((date) => Date.parse(`${date}T00:00:00Z`)).filter((day) => new Date(day).getUTCFullYear() === year),
  ])
  holidaysOfYear.set(year, days)
  return days
}

/**
 * Whole days on which nothing was traded out of order (NYSE, "Special closings"): the attacks of 2001, the days of mourning for Presidents
 * Reagan, Ford, Bush and Carter, and hurricane Sandy. Whoever learns of another adds it here; until then its bar is a hole of the venue's.
 */
export const specialClosures = [
  '2001-09-11', '2001-09-12', '2001-09-13', '2001-09-14', '2004-06-11', '2007-01-02', '2012-10-29', '2012-10-30', '2018-12-05', '2025-01-09',
] as const

/**
 * Whether the exchanges close at 13:00 that day (NYSE, "Early closings"): the day after Thanksgiving; Christmas Eve from Monday to Thursday;
 * the day before Independence Day on a Monday, Tuesday or Thursday, since 2013 also on a Wednesday, before that the Friday after instead; and 26 December 2003.
 */
export function closesEarly(day: number): boolean {
  const date = new Date(day)
  const [year, month, ofMonth, weekday] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), weekdayOf(day)]
  if (month === 11) return day === nthWeekday(year, 11, thursday, 4) + dayMs
  if (month === 12) return (ofMonth === 24 && weekday >= monday && weekday <= thursday) || day === dayOfDate(2003, 12, 26)
  if (month !== 7) return false
  if (ofMonth === 3) return weekday === monday || weekday === tuesday || weekday === thursday || (weekday === wednesday && year >= 2013)
  return ofMonth === 5 && weekday === friday && year < 2013
}

const holidaysOfYear = new Map<number, ReadonlySet<number>>()

function newYearsDay(year: number): number[] {
  const day = dayOfDate(year, 1, 1)
  const weekday = weekdayOf(day)
  return weekday === saturday ? [] : [weekday === sunday ? day + dayMs : day]
}

function observed(day: number): number {
  const weekday = weekdayOf(day)
  return weekday === saturday ? day - dayMs : weekday === sunday ? day + dayMs : day
}
