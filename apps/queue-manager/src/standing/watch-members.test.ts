import type { StandingMember } from '@streamforge/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { watchMembers } from './watch-members.ts'

const member = (version: number): StandingMember => ({ _key: 'a', version, image: 'r/predictor:v1', jobs: 0, at: 1_700_000_000_000 })

describe('watching standing members', () => {
  it('takes nobody for gone that gave a sign within the time that was looked, whatever pauses were between', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 50_000 }), fc.boolean()), { minLength: 1, maxLength: 40 }), (looks) => {
      const watch = watchMembers({ ttlMs: 10_000, lookMs: 1_000 })
      let [at, version, looked] = [0, 1, 0]
      watch.see([member(version)], at)
      for (const [wait, beats] of looks) {
        at += wait
        looked = beats ? 0 : looked + Math.min(wait, 1_000)
        if (beats) version++
        watch.see([member(version)], at)
        expect(watch.isGone('a')).toBe(looked >= 10_000)
        expect(watch.gone()).toEqual(looked >= 10_000 ? ['a'] : [])
      }
    }), { seed: 1 })
  })

  it('gives work only to those that were seen to live', () => {
    const watch = watchMembers({ ttlMs: 10_000, lookMs: 1_000 })
    expect(watch.isGone('a')).toBe(false)
    watch.see([member(7)], 0)
    expect(watch.images().size).toBe(0)
    watch.see([member(8)], 500)
    expect([...watch.images()]).toEqual(['r/predictor:v1'])
    watch.see([], 1_000)
    expect(watch.isGone('a')).toBe(true)
    expect(watch.images().size).toBe(0)
  })
})
