import { instantOf, localTime } from './zone-time.ts'

/** When a market is open, in its own time of day. */
export interface WeeklyHours {
  readonly timezone: string
  readonly days: readonly string[]
  /** `HH:MM`; the close may be `24:00`. */
  readonly open: string
  readonly close: string
  /** Dates such as 2024-12-25. */
  readonly holidays: readonly string[]
}

/** From its opening to its close, in milliseconds UTC. */
export interface Session {
  readonly open: number
  readonly close: number
}

const dayMs = 86_400_000
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** Milliseconds into a day of `09:30`. */
const timeOfDay = (text: string): number => Number(text.slice(0, 2)) * 3_600_000 + Number(text.slice(3)) * 60_000

/** The session of the local day that begins at `day` (milliseconds as if it were UTC); undefined when the market stays closed. */
function sessionOn(hours: WeeklyHours, day: number): Session | undefined {
  const date = new Date(day)
  if (!hours.days.includes(weekdays[date.getUTCDay()]!) || hours.holidays.includes(date.toISOString().slice(0, 10))) return undefined
  return { open: instantOf(hours.timezone, day + timeOfDay(hours.open)), close: instantOf(hours.timezone, day + timeOfDay(hours.close)) }
}

const localDay = (hours: WeeklyHours, instant: number) => Math.floor(localTime(hours.timezone, instant) / dayMs) * dayMs

/** Longer than any market stays closed; after so many days without a session there will be none. */
const longestClosure = 400

/** The first session that has not closed before `instant`; undefined when there is none within 400 days. */
export function sessionAfter(hours: WeeklyHours, instant: number): Session | undefined {
  const today = localDay(hours, instant)
  // A session that ends at 24:00 ends on the day after its own.
  for (let i = -1; i <= longestClosure; i++) {
    const session = sessionOn(hours, today + i * dayMs)
    if (session && session.close >= instant) return session
  }
  return undefined
}

export function isOpen(hours: WeeklyHours | undefined, instant: number): boolean {
  if (!hours) return true
  const session = sessionAfter(hours, instant)
  return session !== undefined && session.open <= instant
}
