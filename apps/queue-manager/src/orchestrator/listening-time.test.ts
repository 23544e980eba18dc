import { expect, it } from 'vitest'
import { silentMs } from '../queue/silence.ts'
import { ListeningTime } from './listening-time.ts'

const settleMs = 2_000
const start = 1_700_000_000_000
/** Ticks four times a second; `awayMs` by the milliseconds since the start. */
function listen(seconds: number, awayMs: (ms: number) => number) {
  const time = new ListeningTime(start, settleMs)
  let listening = time.tick(start, 0)
  for (let ms = 250; ms <= seconds * 1000; ms += 250) listening = time.tick(start + ms, awayMs(ms))
  return (sinceMs: number) => silentMs(listening, start + sinceMs, start + seconds * 1000)
}

it('hears all the time where nothing is in the way', () => {
  expect(listen(20, () => 0)(5_000)).toBe(15_000)
})

it('does not count the time when the bus was away, nor one heartbeat after it', () => {
  // Away from 4 s to 10 s, found so at 6 s.
  const silence = listen(20, (ms) => (ms >= 6_000 && ms <= 10_000 ? ms - 4_000 : 0))
  expect(silence(0)).toBe(4_000 + 8_000)
  expect(silence(11_000)).toBe(8_000)
  expect(silence(15_000)).toBe(5_000)
})

it('finds a dead worker behind a bus that comes and goes', () => {
  const silence = listen(60, (ms) => (ms % 5_000 < 1_000 ? 250 : 0))
  expect(silence(0)).toBeGreaterThan(15_000)
})

it('takes a pause of its own for time in which nobody could be heard', () => {
  const time = new ListeningTime(start, settleMs)
  time.tick(start + 250, 0)
  const listening = time.tick(start + 3_600_250, 0)
  expect(silentMs(listening, start, start + 3_600_250)).toBe(250)
  expect(silentMs(listening, start, start + 3_605_250)).toBe(250 + 3_000)
})

it('begins anew when the clock is set back, and forgets what is long over', () => {
  const time = new ListeningTime(start, settleMs)
  time.tick(start + 1_000, 500)
  expect(time.tick(start - 1_000_000, 0)).toEqual({ listeningSince: start - 1_000_000, deaf: [] })
  const day = 24 * 3_600_000
  for (let at = start; at < start + 3 * day; at += 3_600_000) time.tick(at, 0)
  expect(time.tick(start + 3 * day, 0).deaf!.length).toBeLessThanOrEqual(25)
})
