/** Milliseconds of a day without a leap second, as UTC has it here. */
export const dayMs = 86_400_000

/** Midnight UTC of a date; months count from 1. */
export const dayOfDate = (year: number, month: number, day: number): number => Date.UTC(year, month - 1, day)

/** 0 on Sunday to 6 on Saturday. The epoch was a Thursday. */
export const weekdayOf = (day: number): number => (Math.floor(day / dayMs) + 4) % 7

export const sunday = 0
export const monday = 1
export const tuesday = 2
export const wednesday = 3
export const thursday = 4
export const friday = 5
export const saturday = 6

/** The `count`th such weekday of a month, from 1. */
export function nthWeekday(year: number, month: number, weekday: number, count: number): number {
  const first = dayOfDate(year, month, 1)
  return first + ((weekday - weekdayOf(first) + 7) % 7 + 7 * (count - 1)) * dayMs
}

/** The last such weekday of a month. */
export function lastWeekday(year: number, month: number, weekday: number): number {
  const last = dayOfDate(year, month + 1, 1) - dayMs
  return last - ((weekdayOf(last) - weekday + 7) % 7) * dayMs
}

/**
 * Easter Sunday of the Gregorian calendar (the "anonymous" computus; J. Meeus, Astronomical Algorithms, 2nd ed., chapter 8).
 */
export function easterSunday(year: number): number {
  const a = year % 19
  const [b, c] = [Math.floor(year / 100), year % 100]
  const [d, e] = [Math.floor(b / 4), b % 4]
  const g = Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3)
  const h = (19 * a + b - d - g + 15) % 30
  const [i, k] = [Math.floor(c / 4), c % 4]
  const l = (32 + 2 * e + 2 * i - h - k) % 7
  const m = Math.floor((a + 11 * h + 22 * l) / 451)
  const n = h + l - 7 * m + 114
  return dayOfDate(year, Math.floor(n / 31), (n % 31) + 1)
}
