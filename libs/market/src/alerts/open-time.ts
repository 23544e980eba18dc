/** When a market is open: clock times of its own zone, the same on each of its days. */
export interface OpeningHours {
  /** An IANA name, such as America/New_York. */
  timezone: string
  /** 1 Monday to 7 Sunday. */
  days: readonly number[]
  /** Minutes after midnight; open included, close excluded. */
  openMinute: number
  closeMinute: number
  /** Dates such as 2025-12-25, by the same clock, on which it stays closed. */
  holidays?: readonly string[]
}

const minuteMs = 60_000
/** Longer spans than this are not looked into: whoever asks has had his answer long before. */
const longestMs = 14 * 86_400_000

/**
 * Milliseconds between two instants in which the market was open, counted in whole minutes of its own clock, so that the changes of
 * daylight saving time need no rule; all of them without hours. Of spans over two weeks only the last two weeks count.
 */
export function openMsBetween(from: number, to: number, hours: OpeningHours | undefined): number {
  if (to <= from) return 0
  if (!hours) return to - from
  const clock = clockOf(hours.timezone)
  let open = 0
  // A step ends where the next minute begins, at which the clock's answer may change.
  for (let at = Math.max(from, to - longestMs); at < to;) {
    const next = Math.min(to, stepEnd(at, clock(at), hours))
    if (isOpen(clock(at), hours)) open += next - at
    at = next
  }
  return open
}

export const isOpenAt = (at: number, hours: OpeningHours | undefined): boolean => !hours || isOpen(clockOf(hours.timezone)(at), hours)

interface ClockTime { day: number; minute: number; date: string }

const isOpen = ({ day, minute, date }: ClockTime, { days, openMinute, closeMinute, holidays }: OpeningHours) =>
  days.includes(day) && minute >= openMinute && minute < closeMinute && !holidays?.includes(date)

/** The next instant at which the market may open or close: no later than the next full quarter of an hour, since clocks change on these. */
function stepEnd(at: number, { minute }: ClockTime, { openMinute, closeMinute }: OpeningHours): number {
  const toQuarter = 15 - minute % 15
  const toChange = [openMinute, closeMinute].filter((change) => change > minute).map((change) => change - minute)
  return (Math.floor(at / minuteMs) + Math.min(toQuarter, ...toChange)) * minuteMs
}

const clocks = new Map<string, (at: number) => ClockTime>()
const dayNumbers: Record<string, number> = { Mon: 1, Tue: 2, Wed: 3, Thu: 4, Fri: 5, Sat: 6, Sun: 7 }

/** @throws RangeError for a time zone that is not known */
function clockOf(timezone: string): (at: number) => ClockTime {
  const known = clocks.get(timezone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone, weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  })
  const clock = (at: number): ClockTime => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
    return { day: dayNumbers[parts.weekday!]!, minute: Number(parts.hour) * 60 + Number(parts.minute), date: `${parts.year}-${parts.month}-${parts.day}` }
  }
  clocks.set(timezone, clock)
  return clock
}
