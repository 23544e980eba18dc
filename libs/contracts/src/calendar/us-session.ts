import { lastWeekday, nthWeekday, saturday, sunday, weekdayOf } from './civil-day.ts'
import { closesEarly, usHolidays } from './us-holidays.ts'

/** When a market is open on one day, in milliseconds UTC; `close` excluded. */
export interface Session {
  open: number
  close: number
}

const hourMs = 3_600_000
const opensAt = 9.5 * hourMs
const closesAt = 16 * hourMs
const closesEarlyAt = 13 * hourMs

/**
 * The regular session of New York's exchanges on a date, given as its midnight UTC: 9:30 to 16:00, or 13:00 on days of early closing, by New
 * York's clock; undefined when there is none. Late openings and halts of trading are not known to it.
 */
export function usSession(day: number): Session | undefined {
  const known = sessions.get(day)
  if (known !== undefined) return known ?? undefined
  const session = sessionOf(day)
  // About a hundred years of days; a stray caller must not make it grow without end.
  if (sessions.size > 40_000) sessions.clear()
  sessions.set(day, session ?? null)
  return session
}

const sessions = new Map<number, Session | null>()

function sessionOf(day: number): Session | undefined {
  const weekday = weekdayOf(day)
  if (weekday === sunday || weekday === saturday || usHolidays(new Date(day).getUTCFullYear()).has(day)) return undefined
  const midnight = day + newYorkBehindMs(day)
  return { open: midnight + opensAt, close: midnight + (closesEarly(day) ? closesEarlyAt : closesAt) }
}

/**
 * How far New York's clock is behind UTC during a day's session, in milliseconds: 4 hours in daylight saving time. That holds from the second Sunday
 * of March to the first of November (Energy Policy Act of 2005), until 2006 from the first Sunday of April to the last of October (Uniform Time Act).
 */
function newYorkBehindMs(day: number): number {
  const year = new Date(day).getUTCFullYear()
  const [begins, ends] = year >= 2007
    ? [nthWeekday(year, 3, sunday, 2), nthWeekday(year, 11, sunday, 1)]
    : [nthWeekday(year, 4, sunday, 1), lastWeekday(year, 10, sunday)]
  return (day >= begins && day < ends ? 4 : 5) * hourMs
}
