import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { simulatedClock } from '../schedule/simulated-clock.test-support.ts'
import { fetchWithRetries } from './fetch-with-retries.ts'
import { createHostLimits } from './host-limits.ts'
import { retryAfterMs } from './retry-after.ts'
import { StreamForgeError } from '@streamforge/contracts'

const never = new AbortController().signal

describe('limits of a host', () => {
  it('hold in every span of time, over all who ask', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.record({ requests: fc.integer({ min: 1, max: 5 }), perMs: fc.integer({ min: 10, max: 1_000 }) }), { minLength: 1, maxLength: 2 }), fc.integer({ min: 1, max: 25 }), async (rules, count) => {
      const { clock, runUntil } = simulatedClock(0)
      const limits = createHostLimits(clock)
      limits.setRules(new Map([['h', rules]]))
      const taken: number[] = []
      const all = Promise.all(Array.from({ length: count }, () => limits.take('h', never).then(() => taken.push(clock.now()))))
      await new Promise<void>((resolve) => setImmediate(resolve))
      await runUntil(1_000_000)
      await all
      for (const { requests, perMs } of rules) {
        taken.forEach((time, i) => {
          if (i >= requests) expect(time - taken[i - requests]!).toBeGreaterThanOrEqual(perMs)
        })
      }
    }), { numRuns: 30 })
  })

  it('let other hosts be, and a host that asks for a long rest is not waited for', async () => {
    const { clock } = simulatedClock(0)
    const limits = createHostLimits(clock)
    limits.rest('h', 3_600_000)
    await limits.take('other', never)
    await expect(limits.take('h', never)).rejects.toMatchObject({ code: 'FEED_RATE_LIMITED' })
  })
})

describe('retries', () => {
  const fail = (code: 'FEED_SOURCE_FAILED' | 'FEED_REJECTED' | 'FEED_RATE_LIMITED', retryAfter?: number) =>
    new StreamForgeError(code, 'x', { details: retryAfter === undefined ? {} : { retryAfterMs: retryAfter } })
  const tryWith = async (errors: (StreamForgeError | undefined)[]) => {
    const { clock, runUntil } = simulatedClock(0)
    const at: number[] = []
    const faults: string[] = []
    const result = fetchWithRetries(() => {
      at.push(clock.now())
      const error = errors[at.length - 1]
      return error ? Promise.reject(error) : Promise.resolve({ body: undefined, contentType: '', validators: {}, bytes: 0, sourceTime: undefined })
    }, { clock, random: () => 0.5, signal: never, onFault: (e) => faults.push(e.code) }).then(() => 'done', (e: StreamForgeError) => e.code)
    await new Promise<void>((resolve) => setImmediate(resolve))
    await runUntil(600_000)
    return { at, faults, result: await result }
  }

  it('come twice, later each time, and what went wrong before is told', async () => {
    expect(await tryWith([fail('FEED_SOURCE_FAILED'), fail('FEED_SOURCE_FAILED'), undefined])).toEqual({ at: [0, 1_000, 3_000], faults: ['FEED_SOURCE_FAILED', 'FEED_SOURCE_FAILED'], result: 'done' })
    expect((await tryWith(Array<StreamForgeError>(5).fill(fail('FEED_SOURCE_FAILED')))).at).toHaveLength(3)
  })

  it('wait as long as the source asks, but not for ever, and do not repeat what cannot help', async () => {
    expect((await tryWith([fail('FEED_RATE_LIMITED', 20_000), undefined])).at).toEqual([0, 20_000])
    expect(await tryWith([fail('FEED_RATE_LIMITED', 120_000), undefined])).toMatchObject({ at: [0], result: 'FEED_RATE_LIMITED' })
    expect(await tryWith([fail('FEED_REJECTED'), undefined])).toMatchObject({ at: [0], result: 'FEED_REJECTED' })
  })

  it('read Retry-After in both of its forms', () => {
    expect([retryAfterMs('7', 0), retryAfterMs('Thu, 01 Jan 1970 00:01:00 GMT', 10_000), retryAfterMs('soon', 0), retryAfterMs(undefined, 0)]).toEqual([7_000, 50_000, undefined, undefined])
  })
})
