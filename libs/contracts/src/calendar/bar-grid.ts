import { ceilToInterval, countCandles, floorToInterval, intervalLengths, nextOpenTime, type Interval } from '../interval.ts'
import type { EpochMs, TimeRange } from '../time.ts'
import { dayMs } from './civil-day.ts'
import { calendarOf, isOpenWithin, type TradingCalendar, type TradingCalendarName } from './trading-calendar.ts'

/**
 * Where the bars of a venue should be: the one answer to 'is the next bar where it should be' for loaders, certificates, features, trainings and
 * forecasts. A bar is due when the market is open at some time within it. The places themselves are those of the interval in UTC, so a daily bar of
 * a stock opens at 00:00 UTC of its session's date and has ended 24 hours later, some hours after the session's close.
 */
export interface BarGrid {
  readonly interval: Interval
  readonly calendar: TradingCalendarName
  /** Bars of a usual day on which the market is open; 1 for those of a day and longer ones. */
  readonly barsADay: number
  /** `openTime` must be an open time of the interval. */
  isDue(openTime: EpochMs): boolean
  /** Open time of the first due bar after the one that opens then. */
  next(openTime: EpochMs): EpochMs
  /** Open time of the last due bar that opens before. */
  before(time: EpochMs): EpochMs
  /** The first due bar that opens at or after an instant. */
  atOrAfter(time: EpochMs): EpochMs
  /** How many due bars open within the range. */
  count(range: TimeRange): number
  /** Open times of all due bars within the range, in order. */
  times(range: TimeRange): EpochMs[]
  /** Whether a bar comes right after another: no due bar lies between them, or none that must be there (see `toleratedPauseMs`). */
  follows(earlier: EpochMs, later: EpochMs): boolean
}

/** The grid of a venue's bars of one length. The same object each time. */
export function barGrid(venue: string, interval: Interval): BarGrid {
  const calendar = calendarOf(venue)
  const key = `${calendar.name} ${interval}`
  const known = grids.get(key)
  if (known) return known
  const grid = calendar.name === 'always_open' ? unbrokenGrid(interval) : sessionGrid(calendar, interval)
  grids.set(key, grid)
  return grid
}

/** A Monday of whole sessions. */
const usualDay = Date.UTC(2024, 5, 3)

const grids = new Map<string, BarGrid>()

function unbrokenGrid(interval: Interval): BarGrid {
  const next = (openTime: EpochMs) => nextOpenTime(openTime, interval)
  return {
    interval, calendar: 'always_open', barsADay: Math.max(1, countCandles({ from: usualDay, to: usualDay + dayMs }, interval)), isDue: () => true, next,
    before: (time) => floorToInterval(time - 1, interval),
    atOrAfter: (time) => ceilToInterval(time, interval),
    count: (range) => countCandles(range, interval),
    times: ({ from, to }) => walk(ceilToInterval(from, interval), to, next),
    follows: (earlier, later) => next(earlier) === later,
  }
}

function sessionGrid(calendar: TradingCalendar, interval: Interval): BarGrid {
  const length = intervalLengths[interval]
  const isDue = (openTime: EpochMs) => daysOf({ from: openTime, to: nextOpenTime(openTime, interval) }).some((part) => isOpenWithin(calendar, part))
  const dueFrom = (openTime: EpochMs) => {
    while (!isDue(openTime)) openTime = nextOpenTime(openTime, interval)
    return openTime
  }
  const next = (openTime: EpochMs) => dueFrom(nextOpenTime(openTime, interval))
  const atOrAfter = (time: EpochMs) => dueFrom(ceilToInterval(time, interval))
  const count = ({ from, to }: TimeRange): number => {
    if (length === undefined || length > dayMs) return walk(atOrAfter(from), to, next).length
    let sum = 0
    for (let day = Math.floor(from / dayMs) * dayMs; day < to; day += dayMs) sum += dueOnDay(calendar, interval, { from, to }, day)
    return sum
  }
  return {
    interval, calendar: calendar.name, barsADay: Math.max(1, count({ from: usualDay, to: usualDay + dayMs })), isDue, next, atOrAfter, count,
    before(time) {
      let openTime = floorToInterval(time - 1, interval)
      while (!isDue(openTime)) openTime = floorToInterval(openTime - 1, interval)
      return openTime
    },
    times: ({ from, to }) => walk(atOrAfter(from), to, next),
    follows(earlier, later) {
      const from = nextOpenTime(earlier, interval)
      return later >= from && (later - from <= calendar.toleratedPauseMs || count({ from, to: later }) === 0)
    },
  }
}

/** Due bars of one day of UTC that open within the range, of an interval of a day at most. */
function dueOnDay(calendar: TradingCalendar, interval: Interval, range: TimeRange, day: EpochMs): number {
  const session = calendar.session(day)
  if (!session) return 0
  const from = Math.max(floorToInterval(session.open, interval), ceilToInterval(range.from, interval))
  return from < Math.min(session.close, range.to) ? countCandles({ from, to: Math.min(session.close, range.to) }, interval) : 0
}

/** The range cut at midnights UTC. */
function daysOf({ from, to }: TimeRange): TimeRange[] {
  const parts: TimeRange[] = []
  for (let start = from; start < to;) {
    const end = Math.min(to, (Math.floor(start / dayMs) + 1) * dayMs)
    parts.push({ from: start, to: end })
    start = end
  }
  return parts
}

function walk(from: EpochMs, to: EpochMs, next: (openTime: EpochMs) => EpochMs): EpochMs[] {
  const times: EpochMs[] = []
  for (let openTime = from; openTime < to; openTime = next(openTime)) times.push(openTime)
  return times
}
