import { expect, it } from 'vitest'
import { paceMs } from './pace.ts'

it('spreads what is left over the faults that are left', () => {
  const input = { remainingRecords: 800_000, remainingFaults: 100, secondsPerFault: 4, parallel: 2 }
  // 2,000 a second are two pages a second, of two at a time.
  expect(paceMs(input)).toBe(1000)
  expect(paceMs({ ...input, remainingRecords: 8_000_000 })).toBe(100)
  expect(paceMs({ ...input, remainingRecords: 0 })).toBe(1000)
  expect(paceMs({ ...input, remainingFaults: 0 })).toBe(0)
})
