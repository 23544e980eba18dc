import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countMergeable, planProduce, toBatches } from './plan-produce.ts'

const plan = (messages: Parameters<typeof planProduce>[1], partitions = 4) => {
  let turn = 0
  return planProduce('t', messages, { partitions, turn: () => turn++, now: 7 })
}

const messages = fc.array(fc.record({
  value: fc.nat({ max: 300_000 }).map((size) => Buffer.alloc(size)),
  partition: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
  key: fc.option(fc.string({ maxLength: 4 })),
}, { requiredKeys: ['value'] }), { maxLength: 40 })

describe('planProduce', () => {
  it('places every message where it says, in order, within the limits of a request', () => {
    fc.assert(fc.property(messages, (list) => {
      const given = list.map((m, i) => ({ ...m, timestamp: i }))
      const { parcels, placements } = plan(given)
      expect(placements).toHaveLength(given.length)
      placements.forEach(({ parcel, partition, index }, i) => {
        expect(parcels[parcel]!.partitions.get(partition)!.records[index]!.timestamp).toBe(i)
        if (given[i]!.partition !== undefined) expect(partition).toBe(given[i]!.partition)
      })
      for (const parcel of parcels) for (const part of parcel.partitions.values()) expect(part.bytes <= 400_000 || part.records.length === 1).toBe(true)
      for (const [i, placement] of placements.entries()) {
        const before = placements.slice(0, i).findLast((p) => p.partition === placement.partition)
        if (before) expect(before.parcel < placement.parcel || (before.parcel === placement.parcel && before.index < placement.index)).toBe(true)
      }
    }), { numRuns: 50 })
  })

  it('stamps what has no timestamp and refuses a partition that is not there', () => {
    expect(plan([{ value: 'a' }, { value: 'b', timestamp: 1 }]).parcels[0]!.partitions.get(0)!.records[0]!.timestamp).toBe(7)
    expect(() => plan([{ value: 'a', partition: 4 }])).toThrow(expect.objectContaining({ code: 'INVALID_FIELD' }))
  })
})

describe('joining parcels', () => {
  it('keeps the order in each partition and says where each parcel begins', () => {
    const parcels = [plan([{ value: 'a', partition: 1 }, { value: 'b', partition: 1 }]), plan([{ value: 'c', partition: 1 }, { value: 'd', partition: 0 }])]
      .map((p) => p.parcels[0]!)
    expect(countMergeable(parcels)).toBe(2)
    const batches = toBatches(parcels)
    const joined = batches.find((b) => b.partition === 1)!
    expect(joined.records.map((r) => r.value)).toEqual(['a', 'b', 'c'])
    expect(parcels.map((p) => joined.starts.get(p))).toEqual([0, 2])
  })

  it('takes at least one parcel and never more than a request holds', () => {
    const large = plan([{ value: Buffer.alloc(5_000_000) }]).parcels[0]!
    const middle = plan([{ value: Buffer.alloc(300_000), partition: 2 }]).parcels[0]!
    expect(countMergeable([large, middle])).toBe(1)
    expect(countMergeable([middle, middle])).toBe(1)
    const elsewhere = plan([{ value: Buffer.alloc(300_000), partition: 3 }]).parcels[0]!
    expect(countMergeable([middle, elsewhere])).toBe(2)
  })
})
