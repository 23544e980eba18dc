import { expect, it } from 'vitest'
import { inOrder } from './in-order.ts'

async function all<T>(given: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const one of given) list.push(one)
  return list
}

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i
}

it('gives results in the order of what was given, with some under way at once', async () => {
  let running = 0
  let most = 0
  const work = async (one: number) => {
    most = Math.max(most, ++running)
    // The later ones are ready first.
    for (let turns = 20 - one; turns > 0; turns--) await Promise.resolve()
    running--
    return one * 2
  }
  expect(await all(inOrder(numbers(20), 4, work))).toEqual(Array.from({ length: 20 }, (_, i) => i * 2))
  expect(most).toBe(4)
})

it('fails in its turn', async () => {
  const results = inOrder(numbers(3), 3, async (one) => {
    if (one > 0) throw new Error(`no ${one}`)
    return one
  })
  expect(await results.next()).toEqual({ value: 0, done: false })
  await expect(results.next()).rejects.toThrow('no 1')
})
