import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mergeSorted } from './merge-sorted.ts'

async function* batches<T>(values: readonly T[], size: number): AsyncGenerator<T[]> {
  for (let i = 0; i < values.length; i += size) yield values.slice(i, i + size)
}

it('gives all values of all streams in order, equal ones by stream', async () => {
  const stream = fc.tuple(fc.array(fc.nat(50), { maxLength: 40 }), fc.integer({ min: 1, max: 7 }))
  await fc.assert(fc.asyncProperty(fc.array(stream, { minLength: 1, maxLength: 4 }), async (given) => {
    const sorted = given.map(([values], stream) => values.toSorted((a, b) => a - b).map((value) => ({ value, stream })))
    const merged = []
    for await (const batch of mergeSorted(sorted.map((values, i) => batches(values, given[i]![1])), (a, b) => a.value < b.value)) merged.push(...batch)
    expect(merged).toEqual(sorted.flat().toSorted((a, b) => a.value - b.value || a.stream - b.stream))
  }))
})

it('holds no more than a batch of each stream, and closes them when it is left early', async () => {
  const closed: string[] = []
  async function* endless(name: string): AsyncGenerator<number[]> {
    try {
      for (let i = 0; ; i++) yield [i]
    } finally {
      closed.push(name)
    }
  }
  for await (const batch of mergeSorted([endless('a'), endless('b')], (a, b) => a < b)) {
    expect(batch).toHaveLength(1_000)
    break
  }
  expect(closed).toEqual(['a', 'b'])
})
