import { parseTimeRange, WorkflowRequest } from '@streamforge/contracts'
import { expect, it } from 'vitest'
import { planWorkflow, queueRecords } from './plan-workflows.ts'

const plan = { records: 1_000_000, symbols: ['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT'], from: Date.UTC(2024, 9, 1), to: Date.UTC(2025, 3, 1), seed: 7 }

it('asks for other records each time, as long as the history reaches, and for what queue-manager takes', () => {
  const requests = Array.from({ length: 6 }, (_, n) => planWorkflow(plan, n))
  for (const request of requests) expect(WorkflowRequest.parse(request).name).toMatch(/^chaos 7\//)
  const parts = requests.flatMap(({ symbols, types, time_range }) => symbols.map((symbol) => `${symbol} ${types.join()} ${time_range}`))
  expect(new Set(parts).size).toBe(parts.length)
  for (const { time_range } of requests) {
    const { from, to } = parseTimeRange(time_range)
    expect([from >= plan.from, to <= plan.to]).toEqual([true, true])
  }
})

it('begins anew when the history is used up', () => {
  const ranges = Array.from({ length: 40 }, (_, n) => planWorkflow(plan, n)).map(({ time_range }) => parseTimeRange(time_range))
  for (const { from, to } of ranges) expect([from >= plan.from, to <= plan.to]).toEqual([true, true])
})

it('makes queues that together hold what is wanted, and no longer ones than the history', () => {
  expect(queueRecords({ records: 1_000_000 }) * 12).toBeGreaterThanOrEqual(1_000_000)
  expect(queueRecords({ records: 50_000 })).toBeLessThanOrEqual(5 * 1_440)
  expect(queueRecords({ records: 100_000_000 })).toBe(60 * 1_440)
})
