import { describe, expect, it } from 'vitest'
import { weightWindow } from './weight-window.ts'

const minute = 60_000
function scenario(limit = 10, banAfter = 2) {
  const clock = { time: 1_000 * minute + 15_500 }
  const { spend } = weightWindow({ limit, windowMs: minute, banAfter, now: () => clock.time })
  return { clock, spend }
}

describe('weightWindow', () => {
  it('adds up within a minute of the clock and begins anew with the next', () => {
    const { clock, spend } = scenario()
    expect(spend('a', 4)).toEqual({ allowed: true, used: 4 })
    expect(spend('a', 6)).toEqual({ allowed: true, used: 10 })
    expect(spend('a', 1)).toEqual({ allowed: false, used: 10, status: 429, retryAfterSeconds: 45 })
    clock.time = 1_001 * minute
    expect(spend('a', 1)).toEqual({ allowed: true, used: 1 })
  })

  it('keeps addresses apart', () => {
    const { spend } = scenario()
    spend('a', 10)
    expect(spend('a', 1).allowed).toBe(false)
    expect(spend('b', 10)).toEqual({ allowed: true, used: 10 })
  })

  it('bans who goes on asking, each time for twice as long', () => {
    const { clock, spend } = scenario()
    const ban = () => {
      spend('a', 10)
      return [spend('a', 1), spend('a', 1), spend('a', 1)].at(-1)
    }
    expect(ban()).toEqual({ allowed: false, used: 10, status: 418, retryAfterSeconds: 120, bannedUntil: clock.time + 120_000 })
    clock.time += 119_000
    expect(spend('a', 1)).toMatchObject({ status: 418, retryAfterSeconds: 1 })
    clock.time += 1_000
    expect(spend('a', 1)).toEqual({ allowed: true, used: 1 })
    clock.time += minute
    expect(ban()).toMatchObject({ status: 418, retryAfterSeconds: 240 })
  })

  it('has no limit at 0', () => {
    const { spend } = scenario(0)
    for (let k = 1; k <= 100; k++) expect(spend('a', 1_000)).toEqual({ allowed: true, used: k * 1_000 })
  })
})
