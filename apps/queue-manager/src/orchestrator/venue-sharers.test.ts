import type { StartCommand, StoredQueue } from '@streamforge/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plannedQueue } from '../queue/queue-fixture.ts'
import type { LiveWorkflow } from './live-workflows.ts'
import { tellSharers, venueSharers } from './venue-sharers.ts'

const queue = (id: string, shards = 1, more: Partial<StoredQueue> = {}) =>
  plannedQueue({ queue_id: id, shards: Array.from({ length: shards }, (_, shard) => ({ shard, from: shard, to: shard + 1 })), ...more })
const cluster = { active: 3, podsPerShard: true }

describe('venueSharers', () => {
  it('counts the largest queues that may run beside it, of its venue', () => {
    const own = queue('own', 4)
    const others = [queue('a', 1), queue('b', 16), queue('c', 2), queue('d', 64, { venue: 'coinbase' })]
    expect(venueSharers(own, [own, ...others], cluster)).toBe(4 + 16 + 2)
    expect(venueSharers(own, [own, ...others], { ...cluster, podsPerShard: false })).toBe(3)
  })

  it('keeps a place for each queue that may still come', () => {
    expect(venueSharers(queue('own', 4), [], cluster)).toBe(4 + 2)
    expect(venueSharers(queue('own', 4), [], { ...cluster, active: 1 })).toBe(4)
  })

  it('is never less than what any choice of queues that run at once comes to', () => {
    const pods = fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 12 })
    fc.assert(fc.property(pods, fc.integer({ min: 1, max: 6 }), fc.infiniteStream(fc.nat()), (counts, active, choices) => {
      const queues = counts.map((shards, i) => queue(`q${i}`, shards))
      const running = [...queues].map((q) => ({ q, at: choices.next().value })).sort((a, b) => a.at - b.at).slice(0, active).map(({ q }) => q)
      const together = running.reduce((sum, { shards }) => sum + shards.length, 0)
      for (const one of running) expect(venueSharers(one, queues, { active, podsPerShard: true })).toBeGreaterThanOrEqual(together)
    }), { seed: 1, numRuns: 100 })
  })
})

describe('tellSharers', () => {
  const start = (more: Partial<StartCommand>) => ({ queue_id: 'own', target: 'loader-producer', venue: 'binance', type: 'api_trades', shards: [], ...more }) as StartCommand
  const launched = async (command: StartCommand, queues: readonly StoredQueue[]) => {
    const told: (number | undefined)[] = []
    const all = (): LiveWorkflow[] => [{ queues: new Map(queues.map((q) => [q.queue_id, q])) } as unknown as LiveWorkflow]
    await tellSharers(async ({ sharers }) => void told.push(sharers), { live: { all }, ...cluster })(command, queue('own'))
    return told
  }

  it('tells loaders of history, and counts neither what has ended nor what follows a market', async () => {
    const others = [queue('a', 9, { status: 'finished' }), queue('b', 9, { type: 'ws_trades' }), queue('c', 9, { type: 'features_5m' }), queue('d', 2)]
    expect(await launched(start({}), others)).toEqual([1 + 2 + 1])
  })

  it.each([['a connector', { target: 'arango-connector' }], ['a live loader', { type: 'ws_trades' }], ['a stage', { type: 'features_5m' }]] as const)('leaves %s alone', async (_what, more) => {
    expect(await launched(start(more), [])).toEqual([undefined])
  })
})
