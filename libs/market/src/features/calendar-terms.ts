const day = 86_400_000
const turn = 2 * Math.PI

/**
 * Where an instant lies in its day and week, in UTC, as points on circles, so that 23:55 is near 00:00: the hour with its fraction, and
 * the day of the week from Monday. The epoch was a Thursday.
 */
export function calendarTerms(time: number) {
  const ofDay = (turn * (time % day)) / day
  const ofWeek = (turn * ((Math.floor(time / day) + 3) % 7)) / 7
  return { hour_sin: Math.sin(ofDay), hour_cos: Math.cos(ofDay), weekday_sin: Math.sin(ofWeek), weekday_cos: Math.cos(ofWeek) }
}
