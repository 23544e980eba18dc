import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { weightBudget } from './weight-budget.ts'

const windowMs = 60_000
const concurrency = 8
const weight = 4

interface Sharing {
  limit: number
  processes: number
  /** What each process is told of the others. */
  sharers: number
  /** Of a request's way to the venue and of the answer's way back, at most. */
  latencyMs: number
  seed: number
}

/** The most weight that the venue counts in one of its windows, and all of it, while processes behind one address ask for as much as they may for three windows. */
async function share({ limit, processes, sharers, latencyMs, seed }: Sharing): Promise<{ most: number; all: number }> {
  let state = seed
  const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
  const windows = new Map<number, number>()
  const spend = () => {
    const window = Math.floor(Date.now() / windowMs)
    const used = (windows.get(window) ?? 0) + weight
    windows.set(window, used)
    return used
  }
  const end = Date.now() + 3 * windowMs
  const loops = Array.from({ length: processes }, () => {
    const budget = weightBudget({ limit, windowMs, now: Date.now, sleep, reserve: (sharers - 1) * concurrency * weight })
    return Array.from({ length: concurrency }, async () => {
      while (Date.now() < end) {
        const lease = await budget.acquire(weight)
        await sleep(random() * latencyMs)
        const used = spend()
        await sleep(random() * latencyMs)
        lease.settle(used)
      }
    })
  }).flat()
  const done = Promise.all(loops)
  await vi.advanceTimersByTimeAsync(5 * windowMs)
  await done
  const counts = [...windows.values()]
  return { most: Math.max(...counts), all: counts.reduce((a, b) => a + b, 0) }
}

describe('processes that share one limit of a venue', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }))
  afterEach(() => void vi.useRealTimers())

  it('do not exceed it together, however many they are and however slow the way is', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 2_000 }), fc.integer(), async (processes, latencyMs, seed) => {
      vi.setSystemTime(0)
      const { most } = await share({ limit: 3_000, processes, sharers: processes, latencyMs, seed })
      expect(most).toBeLessThanOrEqual(3_000)
    }), { seed: 1, numRuns: 6 })
  })

  it('use nearly all of what is there', async () => {
    const { all } = await share({ limit: 6_000, processes: 4, sharers: 4, latencyMs: 100, seed: 1 })
    expect(all).toBeGreaterThan(3 * 6_000 * 0.9)
  })

  it('would exceed it if each took itself for the only one', async () => {
    const { most } = await share({ limit: 3_000, processes: 24, sharers: 1, latencyMs: 500, seed: 1 })
    expect(most).toBeGreaterThan(3_000)
  })
})
