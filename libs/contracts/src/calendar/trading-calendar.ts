import type { EpochMs, TimeRange } from '../time.ts'
import { dayMs, saturday, sunday, weekdayOf } from './civil-day.ts'
import { usSession, type Session } from './us-session.ts'

export const tradingCalendarNames = ['always_open', 'us_stocks', 'weekdays'] as const
export type TradingCalendarName = (typeof tradingCalendarNames)[number]

/** When a venue's market is open. */
export interface TradingCalendar {
  readonly name: TradingCalendarName
  /** On a date, given as its midnight UTC; undefined: closed all day. It lies within that day of UTC. */
  session(day: EpochMs): Session | undefined
  /**
   * So long may nothing come although the calendar says that something should, in ms, until it counts as a gap between two bars: 0 where the
   * calendar knows the holidays.
   */
  readonly toleratedPauseMs: number
}

/** Whether the market is open at some time within a range, which must lie within a day of UTC. */
export function isOpenWithin(calendar: TradingCalendar, { from, to }: TimeRange): boolean {
  const session = calendar.session(Math.floor(from / dayMs) * dayMs)
  return session !== undefined && session.open < to && session.close > from
}

/**
 * Where the longest stretch before `end` begins that holds `days` times 24 hours of days of trading: days on which the market is closed (UTC dates) do not
 * count, so that what is known since Friday counts on Monday. `days` above 0.
 */
export function tradingDaysBefore(calendar: TradingCalendar, end: EpochMs, days: number): EpochMs {
  let left = days * dayMs
  let start = end
  while (true) {
    const day = Math.floor((start - 1) / dayMs) * dayMs
    if (calendar.session(day)) {
      if (left === 0) return start
      const part = Math.min(left, start - day)
      left -= part
      start -= part
    } else start = day
  }
}

const alwaysOpen: TradingCalendar = { name: 'always_open', session: (day) => ({ open: day, close: day + dayMs }), toleratedPauseMs: 0 }

const usStocks: TradingCalendar = { name: 'us_stocks', session: usSession, toleratedPauseMs: 0 }

/**
 * For exchanges whose holidays nobody has written down here: Monday to Friday. What holidays there are, the data's own days tell: a weekday without a
 * bar is a hole of the venue's in the certificate, but up to ten days without bars, longer than the longest holidays of an exchange (China's
 * Golden Week and New Year with their week-ends), are no gap to features.
 */
const weekdays: TradingCalendar = {
  name: 'weekdays',
  session(day) {
    const weekday = weekdayOf(day)
    return weekday === saturday || weekday === sunday ? undefined : { open: day, close: day + dayMs }
  },
  toleratedPauseMs: 10 * dayMs,
}

/** Yahoo's plain symbols are those of exchanges in the United States; symbols of others carry a suffix, which is part of our venue's name (`yahoo_l`). */
const ofVenue: Readonly<Record<string, TradingCalendar>> = { yahoo: usStocks }

/** The calendar of a venue: around the clock unless it is known to be another. */
export const calendarOf = (venue: string): TradingCalendar => (Object.hasOwn(ofVenue, venue) ? ofVenue[venue]! : venue.startsWith('yahoo_') ? weekdays : alwaysOpen)
