import fc from 'fast-check'
import { expect, it } from 'vitest'
import { silentMs } from './silence.ts'

it('counts from when somebody was heard or listening began, without the times when nobody could be heard', () => {
  expect(silentMs({ listeningSince: 0 }, 100, 250)).toBe(150)
  expect(silentMs({ listeningSince: 200 }, 100, 250)).toBe(50)
  const deaf = [{ from: 50, to: 120 }, { from: 150, to: 160 }, { from: 240, to: 300 }]
  expect(silentMs({ listeningSince: 0, deaf }, 100, 250)).toBe(250 - 100 - 20 - 10 - 10)
  expect(silentMs({ listeningSince: 155, deaf }, 100, 250)).toBe(250 - 155 - 5 - 10)
})

it('is what is left of the time, whatever it was', () => {
  const times = fc.array(fc.nat(1000), { maxLength: 12 }).map((marks) => marks.toSorted((a, b) => a - b))
  fc.assert(fc.property(times, fc.nat(1000), fc.nat(1000), fc.nat(1000), (marks, listeningSince, since, now) => {
    const deaf = Array.from({ length: Math.floor(marks.length / 2) }, (_, i) => ({ from: marks[2 * i]!, to: marks[2 * i + 1]! }))
    let heard = 0
    for (let ms = Math.max(since, listeningSince); ms < now; ms++) if (!deaf.some(({ from, to }) => from <= ms && ms < to)) heard++
    expect(Math.max(0, silentMs({ listeningSince, deaf }, since, now))).toBe(heard)
  }))
})
