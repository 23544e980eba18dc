import { expect, it } from 'vitest'
import { spanBudget } from './span-budget.ts'

it('lets a burst through, then one a second, each name for itself', () => {
  let now = 0
  const allows = spanBudget(() => now)
  const count = (name: string, times: number) => Array.from({ length: times }, () => allows(name)).filter(Boolean).length
  expect(count('a', 100)).toBe(20)
  expect(count('b', 100)).toBe(20)
  now = 999
  expect(count('a', 5)).toBe(0)
  now = 3000
  expect(count('a', 100)).toBe(3)
  now = 1_000_000
  expect(count('a', 100)).toBe(20)
})

it('does not give more when the clock goes back', () => {
  let now = 10_000
  const allows = spanBudget(() => now)
  for (let i = 0; i < 20; i++) allows('a')
  now = 0
  expect(allows('a')).toBe(false)
})

it('keeps few names', () => {
  const allows = spanBudget(() => 0, 3)
  for (const name of ['a', 'b', 'c']) for (let i = 0; i < 20; i++) allows(name)
  expect(allows('a')).toBe(false)
  allows('d')
  expect(allows('a')).toBe(true)
})
