import { describe, expect, it } from 'vitest'
import { diff, snapshot, usdm } from './book.test-support.ts'
import { chainFrom, isTooOld, relationOf } from './follow-rule.ts'
import { keepDiff } from './kept-diffs.ts'

const at = (id: number, afterDiff: boolean) => ({ id, afterDiff, eventTime: 0 })

describe('the spot rule', () => {
  it.each([
    [98, 100, 'old'], [100, 100, 'old'], [101, 101, 'next'], [101, 105, 'next'], [99, 101, 'next'], [102, 102, 'gap'],
  ])('at 100, a diff of %i to %i is %s', (first, final, relation) => {
    for (const afterDiff of [true, false]) expect(relationOf('spot', at(100, afterDiff), diff(first, final))).toBe(relation)
  })

  it('refuses a snapshot older than the first diff', () => {
    expect([99, 100, 104].map((id) => isTooOld('spot', snapshot(id), diff(100, 104)))).toEqual([true, false, false])
  })
})

describe.each(['usdm', 'coinm'] as const)('the futures rule (%s)', (market) => {
  it.each([
    [true, 90, 95, 99, 'old'], [true, 90, 95, 100, 'old'], [true, 100, 130, 140, 'next'], [true, 99, 99, 140, 'gap'], [true, 101, 130, 140, 'gap'],
    [false, 90, 95, 99, 'old'], [false, 90, 95, 100, 'next'], [false, 90, 95, 105, 'next'], [false, 100, 130, 140, 'next'],
    [false, 99, 130, 140, 'next'], [false, 101, 130, 140, 'gap'],
  ])('at 100, after a diff: %s, one of pu %i and %i to %i is %s', (afterDiff, pu, first, final, relation) => {
    expect(relationOf(market, at(100, afterDiff), diff(first, final, { pu }))).toBe(relation)
  })

  it('takes a diff without pu for a gap', () => {
    expect(relationOf(market, at(100, true), diff(101, 102))).toBe('gap')
  })

  it('refuses a snapshot from before the first diff', () => {
    const first = diff(120, 140, { pu: 100 })
    expect([99, 100, 130].map((id) => isTooOld(market, snapshot(id, { instrument: usdm }), first))).toEqual([true, false, false])
  })
})

describe('kept diffs', () => {
  it('are in the order of their ids, each once', () => {
    const [a, b, c] = [diff(101, 102), diff(103, 104), diff(105, 106)]
    const kept = [b, c, a, b].reduce((diffs, next) => keepDiff(diffs, next, 10).diffs, [] as readonly ReturnType<typeof diff>[])
    expect(kept).toEqual([a, b, c])
    expect(keepDiff(kept, a, 10).duplicate).toBe(true)
  })

  it('let the oldest go beyond the limit', () => {
    const kept = keepDiff([diff(101, 101), diff(102, 102)], diff(103, 103), 2)
    expect(kept.diffs.map((d) => d.final_update_id)).toEqual([102, 103])
    expect(kept.overflowed).toBe(1)
  })

  it('form a chain only without a hole', () => {
    const diffs = [diff(90, 95), diff(96, 101), diff(102, 103), diff(105, 106)]
    expect(chainFrom('spot', at(98, false), diffs.slice(0, 3))).toEqual(diffs.slice(1, 3))
    expect(chainFrom('spot', at(98, false), diffs)).toBeUndefined()
    expect(chainFrom('spot', at(104, false), diffs)).toEqual([diffs[3]])
  })
})
