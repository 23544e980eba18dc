import fc from 'fast-check'
import { expect, it } from 'vitest'
import { gatherParts } from './gather-parts.ts'

async function all<T>(given: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const one of given) list.push(one)
  return list
}

async function* chunksOf(sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const size of sizes) yield Uint8Array.from({ length: size }, () => at++ & 0xff)
}

it('makes parts of one size of whatever comes', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(40)), fc.integer({ min: 1, max: 25 }), async (sizes, size) => {
    const parts = await all(gatherParts(chunksOf(sizes), size))
    const whole = Buffer.concat(await all(chunksOf(sizes)))
    expect(Buffer.concat(parts).equals(whole)).toBe(true)
    expect(parts.length).toBe(Math.max(1, Math.ceil(whole.length / size)))
    expect(parts.slice(0, -1).every((part) => part.length === size)).toBe(true)
  }), { seed: 5 })
})

it('asks for no more than the part needs', async () => {
  let given = 0
  const source = async function* () {
    for (;;) {
      given++
      yield new Uint8Array(10)
    }
  }
  const parts = gatherParts(source(), 25)
  await parts.next()
  expect(given).toBe(3)
  await parts.next()
  expect(given).toBe(5)
})
