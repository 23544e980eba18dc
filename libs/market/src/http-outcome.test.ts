import { StreamForgeError } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { backoffMs, decide, decideOnContent, retryAfterMs, type DecideOptions, type HttpOutcome } from './http-outcome.ts'

const options = (overrides: Partial<DecideOptions> = {}): DecideOptions => ({
  venue: 'binance', path: '/x', attempt: 1, maxAttempts: 3, rateLimited: 0, random: () => 0.5, now: () => 0, explain: () => undefined, ...overrides,
})
const answer = (status: number, retryAfter?: string, body = ''): HttpOutcome => ({ kind: 'answer', status, retryAfter, body })
const failed = (decision: ReturnType<typeof decide>) => (decision.kind === 'fail' ? decision.error : undefined)

describe('decide', () => {
  it('retries server errors and lost connections, and gives up as VENUE_UNREACHABLE', () => {
    for (const outcome of [answer(500), answer(503), answer(408), { kind: 'failure', error: new Error('ECONNRESET') } as const]) {
      expect(decide(outcome, options())).toMatchObject({ kind: 'wait', ms: 125, everyone: false, counts: true })
      expect(failed(decide(outcome, options({ attempt: 3 })))).toMatchObject({ code: 'VENUE_UNREACHABLE', retryable: true })
    }
  })

  it('obeys Retry-After for everyone without using up attempts', () => {
    expect(decide(answer(429, '7'), options({ attempt: 3 }))).toMatchObject({ kind: 'wait', ms: 7_000, everyone: true, counts: false })
    expect(decide(answer(418, '300'), options())).toMatchObject({ kind: 'wait', ms: 300_000, everyone: true })
    expect(failed(decide(answer(418, '301'), options()))).toMatchObject({ code: 'VENUE_BANNED' })
    expect(failed(decide(answer(429, '1'), options({ rateLimited: 30 })))).toMatchObject({ code: 'VENUE_RATE_LIMITED' })
  })

  it('does not retry what the venue refuses', () => {
    expect(failed(decide(answer(400, undefined, 'no'), options()))).toMatchObject({ code: 'VENUE_REJECTED', retryable: false })
    const own = new StreamForgeError('UNKNOWN_SYMBOL', 'x')
    expect(failed(decide(answer(400), options({ explain: () => own })))).toBe(own)
  })

  it('takes a missing file for an answer where files are asked for', () => {
    const { explain: _, ...files } = options()
    expect(decide(answer(404), files)).toEqual({ kind: 'absent' })
    expect(decide(answer(404), options()).kind).toBe('fail')
  })

  it('asks again for content that cannot be used, then says VENUE_BAD_RESPONSE', () => {
    expect(decideOnContent(new SyntaxError('x'), options()).kind).toBe('wait')
    expect(failed(decideOnContent(new SyntaxError('x'), options({ attempt: 3 })))).toMatchObject({ code: 'VENUE_BAD_RESPONSE' })
  })
})

describe('waits', () => {
  it('grow with each attempt up to a cap, with full jitter', () => {
    expect([1, 2, 3, 10].map((a) => backoffMs(a, () => 0.999999))).toEqual([249, 499, 999, 7999])
    expect(backoffMs(10, () => 0)).toBe(0)
  })

  it('read Retry-After in seconds and as a date', () => {
    expect(retryAfterMs('3', 0, 1)).toBe(3000)
    expect(retryAfterMs('Thu, 01 Jan 1970 00:01:00 GMT', 10_000, 1)).toBe(50_000)
    expect(retryAfterMs('soon', 0, 1)).toBe(1)
    expect(retryAfterMs(undefined, 0, 2)).toBe(2)
  })
})
