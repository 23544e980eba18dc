import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { watchMemory } from './memory.ts'

const told = existsSync('/proc/self/smaps_rollup')

it.skipIf(!told)('adds up what processes take, what they share once', async () => {
  const own = watchMemory(() => Promise.resolve([process.pid]), 5)
  await expect.poll(own.peakBytes, { interval: 5 }).toBeGreaterThan(10 * 1024 * 1024)
  own.stop()
  expect(own.peakBytes()).toBeLessThanOrEqual(process.resourceUsage().maxRSS * 1024)
})

it('knows nothing of processes that are gone', async () => {
  let looks = 0
  const gone = watchMemory(async () => {
    looks++
    return [2 ** 30]
  }, 5)
  await expect.poll(() => looks, { interval: 5 }).toBeGreaterThan(1)
  gone.stop()
  expect(gone.peakBytes()).toBeUndefined()
})
