import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requestRates } from './request-rates.ts'

function clocked(perMinute: number, burst: number) {
  const clock = { at: 1_790_000_000_000 }
  return { clock, take: requestRates({ perMinute, burst }, () => clock.at) }
}

describe('rates of requests', () => {
  it('let a burst through, then one in each interval', () => {
    const { clock, take } = clocked(60, 3)
    expect([1, 2, 3].map(() => take('a'))).toEqual([undefined, undefined, undefined])
    expect(take('a')).toBe(1_000)
    clock.at += 999
    expect(take('a')).toBe(1)
    clock.at += 1
    expect(take('a')).toBeUndefined()
    expect(take('a')).toBe(1_000)
  })

  it('lock nobody out when the clock is set back', () => {
    const { clock, take } = clocked(60, 3)
    clock.at += 3_600_000
    expect([take('a'), take('a')]).toEqual([undefined, undefined])
    clock.at -= 3_600_000
    expect([take('a'), take('a'), take('a')]).toEqual([undefined, undefined, undefined])
    expect(take('a')).toBe(1_000)
  })

  it('are of each caller by itself', () => {
    const { take } = clocked(60, 1)
    expect([take('a'), take('b')]).toEqual([undefined, undefined])
    expect(take('a')).toBe(1_000)
  })

  it('never let more through than the burst and what has come due, and always whoever waits as long as told', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 6_000 }), fc.integer({ min: 1, max: 20 }), fc.array(fc.nat(5_000), { maxLength: 100 }), (perMinute, burst, pauses) => {
      const { clock, take } = clocked(perMinute, burst)
      const begun = clock.at
      let through = 0
      for (const pause of pauses) {
        clock.at += pause
        const waitMs = take('a')
        if (waitMs === undefined) through++
        expect(through).toBeLessThanOrEqual(burst + (clock.at - begun) * perMinute / 60_000 + 0.01)
        if (waitMs === undefined) continue
        clock.at += Math.ceil(waitMs)
        expect(take('a')).toBeUndefined()
        through++
      }
    }))
  })

  it('say how much of a burst the busiest caller has used, which comes back with time', () => {
    const { clock, take } = clocked(60, 4)
    expect(take.used()).toBe(0)
    for (let i = 0; i < 3; i++) take('a')
    take('b')
    expect(take.used()).toBe(0.75)
    clock.at += 1_000
    expect(take.used()).toBe(0.5)
    for (let i = 0; i < 9; i++) take('b')
    expect(take.used()).toBe(1)
    clock.at += 60_000
    expect(take.used()).toBe(0)
  })

  it('forget who has not come for long, not who comes often', () => {
    const { take } = clocked(1, 1)
    take('first')
    take('often')
    for (let i = 0; i < 9_999; i++) take(`caller-${i}`)
    expect(take('often')).toBeGreaterThan(0)
    expect(take('first')).toBeUndefined()
  })
})
