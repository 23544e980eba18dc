import { StreamForgeError } from '@streamforge/contracts'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createRowTable, type RowTable } from './row-products.ts'

function fill(table: RowTable, groups: number, value: (group: number, i: number, t: number) => number): void {
  for (let group = 0; group < groups; group++) {
    for (let i = 0; i < table.rows; i++) table.row(group, i).forEach((_, t, row) => { row[t] = value(group, i, t) })
  }
}

/** The same sums, one after another in float64. */
function expected(table: RowTable, [a, b, lag]: readonly [number, number, number]): number[] {
  const { rows, bars } = table
  return Array.from({ length: rows * rows }, (_, pair) => {
    const [left, right] = [table.row(a, Math.floor(pair / rows)), table.row(b, pair % rows)]
    let sum = 0
    for (let t = 0; t + lag < bars; t++) sum += left[t + lag]! * right[t]!
    return sum
  })
}

it('multiplies every row with every other, at any lag, whatever the numbers of rows and bars', async () => {
  const size = fc.record({ rows: fc.integer({ min: 1, max: 13 }), bars: fc.integer({ min: 2, max: 60 }), lag: fc.integer({ min: 0, max: 9 }), seed: fc.integer({ min: 1, max: 1e6 }) })
  await fc.assert(fc.asyncProperty(size, async ({ rows, bars, lag, seed }) => {
    const table = createRowTable({ groups: 2, rows, bars, maximumLag: 9 })
    fill(table, 2, (group, i, t) => Math.sin(seed + 7 * group + 3.7 * i + 1.9 * t))
    const shift = Math.min(lag, bars - 1)
    for (const [a, b] of [[0, 1], [1, 0], [0, 0]] as const) {
      const products = await table.products(a, b, { lag: shift, symmetric: a === b && shift === 0 })
      expected(table, [a, b, shift]).forEach((sum, pair) => expect(products[pair]).toBeCloseTo(sum, 5))
    }
  }), { numRuns: 30 })
})

it('is exact over blocks of rows and bars for sums that float32 holds', async () => {
  const table = createRowTable({ groups: 1, rows: 100, bars: 2500 })
  fill(table, 1, (_, i, t) => (i * 31 + t * 17) % 5 - 2)
  expect([...await table.products(0, 0, { symmetric: true })]).toEqual(expected(table, [0, 0, 0]))
})

it('refuses what memory cannot hold', () => {
  expect(() => createRowTable({ groups: 3, rows: 20_000, bars: 100_000 })).toThrow(StreamForgeError)
})
