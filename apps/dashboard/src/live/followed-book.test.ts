import type { BookDiff, BookGap, BookSnapshot } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { FollowedBook } from './followed-book.ts'

const instrument = { venue: 'binance', symbol: 'BTCUSDT', market: 'spot' } as const
const times = { event_time: 1_723_161_255_208, known_time: 1_723_161_255_300 }
const snapshot = (id: number): BookSnapshot => ({ kind: 'book_snapshot', ...instrument, last_update_id: id, depth: 5, bids: [['10', '1']], asks: [['11', '2']], source: 'rest', ...times })
const diff = (first: number, final: number, bids: [string, string][] = []): BookDiff => ({ kind: 'book_diff', ...instrument, first_update_id: first, final_update_id: final, bids, asks: [], ...times })
const gap: BookGap = { kind: 'book_gap', ...instrument, expected_id: 3, got_id: 9, from: times.event_time, to: times.event_time, reason: 'sequence', known_time: times.known_time }

function after(...records: Parameters<FollowedBook['add']>[0][]) {
  const book = new FollowedBook()
  records.forEach((record) => book.add(record))
  return book.view(instrument, 5)
}

describe('a followed book', () => {
  it('is unknown before a snapshot, and takes the diffs that came before it', () => {
    expect(after(diff(1, 2))).toMatchObject({ status: 'unknown', bids: [] })
    expect(after(diff(1, 2, [['10', '9']]), diff(3, 4, [['9', '5']]), snapshot(2))).toMatchObject({
      status: 'valid', update_id: 4, bids: [{ price: '10', quantity: '1' }, { price: '9', quantity: '5' }],
    })
  })

  it('follows diffs, ignores old ones, and is not valid once one is missing', () => {
    expect(after(snapshot(2), diff(1, 2, [['10', '0']]), diff(3, 3, [['10', '4']]))).toMatchObject({ status: 'valid', update_id: 3, bids: [{ quantity: '4' }] })
    expect(after(snapshot(2), diff(4, 5))).toMatchObject({ status: 'resynchronising', gap_reason: 'sequence', update_id: 2 })
  })

  it('is rebuilt by the next snapshot after a gap', () => {
    expect(after(snapshot(2), gap, diff(9, 9))).toMatchObject({ status: 'resynchronising', gap_reason: 'sequence' })
    const rebuilt = after(snapshot(2), gap, diff(9, 9), snapshot(8))
    expect(rebuilt).toMatchObject({ status: 'valid', update_id: 9 })
    expect(rebuilt.gap_reason).toBeUndefined()
  })

  it('is closed by late diffs alone where ids prove it, but not where the book itself was wrong', () => {
    expect(after(snapshot(2), diff(4, 5), diff(6, 7), diff(3, 3))).toMatchObject({ status: 'valid', update_id: 7 })
    // The loader's own word of the gap: up to what came in its place nothing may be missing.
    expect(after(snapshot(2), gap, diff(3, 5))).toMatchObject({ status: 'resynchronising', update_id: 2 })
    expect(after(snapshot(2), gap, diff(3, 5), diff(9, 9), diff(6, 8))).toMatchObject({ status: 'valid', update_id: 9 })
    expect(after(snapshot(2), { ...gap, reason: 'diverged' }, diff(3, 9))).toMatchObject({ status: 'resynchronising', gap_reason: 'diverged' })
    expect(after(snapshot(2), diff(3, 3, [['12', '1']]), diff(4, 9))).toMatchObject({ status: 'resynchronising', gap_reason: 'crossed' })
  })

  it('keeps few diffs, however long it waits for a snapshot', () => {
    const diffs = Array.from({ length: 10_000 }, (_, i) => diff(i + 10, i + 10))
    expect(after(...diffs, snapshot(9_000))).toMatchObject({ status: 'valid', update_id: 10_009 })
    expect(after(...diffs, snapshot(5_000))).toMatchObject({ status: 'resynchronising' })
  })
})
