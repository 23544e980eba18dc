import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BookSide } from './book-side.ts'

const entries = (side: BookSide) => Array.from({ length: side.length }, (_, i) => [side.keyAt(i), side.quantityAt(i)])

describe('a book side', () => {
  it('holds what a sorted map would, whatever is set and deleted', () => {
    const operation = fc.tuple(fc.integer({ min: -200, max: 200 }), fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.constant(0)))
    fc.assert(fc.property(fc.array(operation, { maxLength: 600 }), (operations) => {
      const side = new BookSide()
      const model = new Map<number, number>()
      for (const [key, quantity] of operations) {
        side.set(key, quantity)
        if (quantity === 0) model.delete(key)
        else model.set(key, quantity)
      }
      expect(entries(side)).toEqual([...model].sort(([a], [b]) => a - b))
      for (const key of [-201, -7, 0, 13, 201]) expect(side.quantityOf(key)).toBe(model.get(key) ?? 0)
    }))
  })

  it('grows beyond its first capacity, at either end', () => {
    const side = new BookSide()
    for (let key = 0; key < 3000; key++) side.set(key % 2 === 0 ? key : -key, 1)
    expect(side.length).toBe(3000)
    expect(side.keyAt(0)).toBe(-2999)
    expect(side.keyAt(2999)).toBe(2998)
  })

  it('rescales', () => {
    const side = new BookSide()
    side.set(-5, 2)
    side.set(7, 3)
    side.multiplyKeys(100)
    side.multiplyQuantities(10)
    expect(entries(side)).toEqual([[-500, 20], [700, 30]])
    expect([side.largestKey(), side.largestQuantity()]).toEqual([700, 30])
  })
})
