import { StreamForgeError, type LeaderPatience, type Problem } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { openApiClient } from './api-client.ts'

const problem = (code: Problem['code'], status: number, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ type: 'x', title: 'x', status, detail: 'this queue-manager stands by', code } satisfies Problem), { status, headers })
const noLeader = () => problem('NOT_LEADER', 503, { 'retry-after': '1' })
const tokens = () => Response.json({ tokens: [] })

/** A client over answers, oldest first (the last again and again), and how long it waited before each of its requests. */
function clientOf(...answers: (() => Response)[]) {
  const clock = { at: 0 }
  const asked: number[] = []
  const patience: LeaderPatience = { forMs: 5_000, elapsed: () => clock.at, wait: async (ms) => { clock.at += ms } }
  const client = openApiClient('http://127.0.0.1:1', { patience, fetch: async () => {
    asked.push(clock.at)
    return answers[Math.min(asked.length, answers.length) - 1]!()
  } })
  return { client, asked }
}

describe('a request that meets a queue-manager that does not lead', () => {
  it('is asked again until one leads, as Retry-After says', async () => {
    const { client, asked } = clientOf(noLeader, () => problem('NOT_LEADER', 503, { 'retry-after': '2' }), tokens)
    expect(await client.tokens()).toEqual({ tokens: [] })
    expect(asked).toEqual([0, 1_000, 3_000])
  })

  it('is given up after a while, with what was answered last', async () => {
    const { client, asked } = clientOf(noLeader)
    await expect(client.stop('wf-a1b2c3')).rejects.toMatchObject({ code: 'NOT_LEADER', message: 'this queue-manager stands by' })
    expect(asked).toEqual([0, 1_000, 2_000, 3_000, 4_000, 5_000])
  })

  it.each(['soon', '-3', '1000000'])('waits neither for ever nor not at all when told %s', async (after) => {
    const { client, asked } = clientOf(() => problem('NOT_LEADER', 503, { 'retry-after': after }), tokens)
    await client.tokens()
    expect(asked).toHaveLength(2)
    expect(asked[1]).toBeGreaterThanOrEqual(100)
    expect(asked[1]).toBeLessThanOrEqual(5_000)
  })

  it('takes 421 for the same, and nothing else: that may have been done', async () => {
    const misdirected = clientOf(() => new Response('', { status: 421 }), tokens)
    await misdirected.client.tokens()
    expect(misdirected.asked).toHaveLength(2)
    for (const [code, status] of [['UNAVAILABLE', 503], ['QUOTA_EXCEEDED', 409], ['TOO_MANY_REQUESTS', 429]] as const) {
      const { client, asked } = clientOf(() => problem(code, status, { 'retry-after': '1' }))
      await expect(client.retry('wf-a1b2c3')).rejects.toBeInstanceOf(StreamForgeError)
      expect(asked, code).toHaveLength(1)
    }
  })
})
