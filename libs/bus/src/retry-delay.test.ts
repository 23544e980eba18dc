import { expect, it } from 'vitest'
import { retryDelayMs } from './retry-delay.ts'

it('doubles up to the limit, with a random half', () => {
  const delay = { initialMs: 100, maxMs: 5000 }
  expect([0, 1, 2, 6, 1000].map((attempt) => retryDelayMs(attempt, delay, () => 0))).toEqual([50, 100, 200, 2500, 2500])
  expect([0, 1, 2, 6, 1000].map((attempt) => retryDelayMs(attempt, delay, () => 1))).toEqual([100, 200, 400, 5000, 5000])
})
