import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareOutputs, type Output } from './compare-outputs.ts'

const options = { tolerance: 1e-9, slowdown: 2 }
const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 })
const leaf = fc.oneof(number, fc.string(), fc.boolean(), fc.constant(null))
const record = fc.record({ symbol: fc.string(), close: number, values: fc.array(leaf, { maxLength: 5 }), more: fc.record({ deep: leaf }) })
const outputs = fc.uniqueArray(fc.tuple(fc.string(), record), { selector: ([key]) => key, minLength: 1, maxLength: 20 })
  .map((entries) => new Map<string, Output>(entries.map(([key, of]) => [key, { record: of }])))

describe('what two versions made', () => {
  it('is the same as itself, in any order', () => {
    fc.assert(fc.property(outputs, (made) => {
      const turned = new Map([...structuredClone(made)].reverse())
      expect(compareOutputs(made, turned, options)).toMatchObject({ compared: made.size, equal: made.size, different: 0, missing: 0, extra: 0, largest: 0, agree: true })
    }))
  })

  it('is told apart by one number that is changed, and by its name', () => {
    fc.assert(fc.property(outputs, fc.nat(), fc.double({ min: 1e-6, max: 10, noNaN: true }), (made, at, change) => {
      const changed = structuredClone(made)
      const key = [...made.keys()][at % made.size]!
      const close = changed.get(key)!.record['close'] as number
      Object.assign(changed.get(key)!.record, { close: close === 0 ? change : close * (1 + change) + (close > 0 ? change : -change) })
      const found = compareOutputs(made, changed, options)
      expect(found).toMatchObject({ different: 1, agree: false, equal: made.size - 1 })
      expect(found.differences[0]).toMatchObject({ key, field: 'close' })
    }))
  })

  it('counts every key once, whatever is there on either side', () => {
    fc.assert(fc.property(outputs, outputs, (ours, theirs) => {
      const found = compareOutputs(ours, theirs, options)
      expect(found.compared + found.missing).toBe(ours.size)
      expect(found.compared + found.extra).toBe(theirs.size)
      expect(found.equal + found.within_tolerance + found.different).toBe(found.compared)
      if (found.agree) expect([found.missing, found.extra, found.different]).toEqual([0, 0, 0])
    }))
  })

  it('changes only its words when the two change places', () => {
    fc.assert(fc.property(outputs, outputs, (ours, theirs) => {
      const one = compareOutputs(ours, theirs, options)
      const other = compareOutputs(theirs, ours, options)
      expect({ ...other, missing: other.extra, extra: other.missing }).toMatchObject({
        compared: one.compared, equal: one.equal, within_tolerance: one.within_tolerance, different: one.different, missing: one.missing, extra: one.extra, largest: one.largest, agree: one.agree,
      })
    }))
  })

  it('may differ by less than the tolerance, which is then said', () => {
    const of = (close: number) => new Map([['a', { record: { close, name: 'x' } }]])
    expect(compareOutputs(of(100), of(100 + 1e-9), { tolerance: 1e-6, slowdown: 2 })).toMatchObject({ within_tolerance: 1, equal: 0, agree: true })
    expect(compareOutputs(of(100), of(100.001), { tolerance: 1e-6, slowdown: 2 })).toMatchObject({ different: 1, agree: false })
    expect(compareOutputs(of(0), of(1e-12), { tolerance: 1e-9, slowdown: 2 })).toMatchObject({ within_tolerance: 1, agree: true })
    expect(compareOutputs(of(5), of(5), { tolerance: 0, slowdown: 2 })).toMatchObject({ equal: 1, agree: true })
  })

  it.each([[1, '1'], [null, 0], [undefined, null], [[1], { 0: 1 }], [[1, 2], [1]], [true, 1]])('of another kind is another: %j and %j', (ours, theirs) => {
    const found = compareOutputs(new Map([['a', { record: { value: ours } }]]), new Map([['a', { record: { value: theirs } }]]), options)
    expect(found).toMatchObject({ different: 1, agree: false })
  })

  it('agrees on nothing when there is nothing', () => {
    expect(compareOutputs(new Map(), new Map(), options).agree).toBe(false)
  })

  it('may not come much later', () => {
    const late = (latency: number) => new Map(Array.from({ length: 100 }, (_, i) => [String(i), { record: {}, latency }]))
    expect(compareOutputs(late(200), late(390), options)).toMatchObject({ slower: false, agree: true, latency: { current: { p95: 200 }, shadow: { p95: 390 } } })
    expect(compareOutputs(late(200), late(410), options)).toMatchObject({ slower: true, agree: false })
    expect(compareOutputs(late(1), late(90), options)).toMatchObject({ slower: false })
  })
})
