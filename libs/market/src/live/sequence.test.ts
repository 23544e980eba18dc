import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Sequence } from './sequence.ts'

interface Item { id: number }
const make = (heldLimit = 100, next?: number) => {
  const emitted: number[] = []
  const sequence = new Sequence<Item>({ place: (r) => r.id, after: (r) => r.id + 1, emit: (r) => emitted.push(r.id), heldLimit }, next)
  const accept = (...ids: number[]) => { for (const id of ids) sequence.accept({ id }) }
  return { sequence, emitted, accept }
}

describe('Sequence', () => {
  it('begins with the first record, or where it is told', () => {
    const fresh = make()
    fresh.accept(7, 8)
    expect(fresh.emitted).toEqual([7, 8])
    const resumed = make(100, 5)
    resumed.accept(4, 7, 5, 6)
    expect(resumed.emitted).toEqual([5, 6, 7])
    expect(resumed.sequence.duplicates).toBe(1)
  })

  it('holds what lies behind a hole, tells the hole, and goes on when it is filled or given up', () => {
    const { sequence, emitted, accept } = make()
    accept(1, 4, 6, 5, 5)
    expect(sequence.hole()).toEqual({ from: 2, to: 4 })
    expect(sequence.firstHeld()).toEqual({ id: 4 })
    accept(2)
    sequence.skipTo(4)
    expect(emitted).toEqual([1, 2, 4, 5, 6])
    expect(sequence.hole()).toBeUndefined()
    sequence.expect(9)
    expect(sequence.hole()).toEqual({ from: 7, to: 9 })
  })

  it('lets go of what it cannot hold, and counts that to the hole', () => {
    const { sequence, emitted, accept } = make(2)
    accept(1, 3, 4, 5)
    expect(sequence).toMatchObject({ letGo: 3, heldCount: 0 })
    expect(sequence.hole()).toEqual({ from: 2, to: 6 })
    accept(2, 3, 4, 5)
    expect(emitted).toEqual([1, 2, 3, 4, 5])
  })

  it('emits everything once and in order, however it comes and whatever the limit', () => {
    const arrivals = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 200 })
    fc.assert(fc.property(arrivals, fc.integer({ min: 1, max: 30 }), (ids, limit) => {
      const { sequence, emitted, accept } = make(limit, 0)
      accept(...ids)
      for (let hole = sequence.hole(); hole; hole = sequence.hole()) accept(hole.from)
      const end = Math.max(-1, ...ids) + 1
      expect(emitted).toEqual(Array.from({ length: end }, (_, i) => i))
    }))
  })
})
