import { describe, expect, it } from 'vitest'
import { diff, snapshot, usdm } from './book.test-support.ts'
import { rebuildBook } from './rebuild-book.ts'

const bids = (price: string, quantity = '1') => ({ bids: [[price, quantity]] as const })

describe('rebuilding a book', () => {
  const records = [
    snapshot(100, bids('10')), diff(99, 102, bids('11')), diff(103, 105, bids('12')), snapshot(105, { bids: [['12', '1'], ['11', '1'], ['10', '1']] }),
    diff(106, 110, bids('13')),
  ]

  it('starts from the last snapshot before the id', () => {
    expect(rebuildBook(records, 103).book.bestBid()).toMatchObject({ price: '11' })
    expect(rebuildBook(records, 105).book.bestBid()).toMatchObject({ price: '12' })
    expect(rebuildBook(records.slice(3), 110).book.depth('bids', 9).levels.length).toBe(4)
  })

  it('is valid at an id within a diff, as the book before it', () => {
    const { book, valid } = rebuildBook(records, 108)
    expect([valid, book.updateId]).toEqual([true, 105])
  })

  it('says where records are missing, in between or at the end', () => {
    expect(rebuildBook([records[0]!, records[2]!], 105)).toMatchObject({ valid: false, hole: { afterId: 100, gotId: 103 } })
    expect(rebuildBook(records, 120)).toMatchObject({ valid: false, hole: { afterId: 110 } })
  })

  it('is not valid when crossed', () => {
    const crossed = [snapshot(100, { bids: [['10', '1']], asks: [['11', '1']] }), diff(101, 101, bids('11'))]
    expect(rebuildBook(crossed, 101)).toMatchObject({ valid: false })
  })

  it('needs a snapshot', () => {
    expect(() => rebuildBook(records.slice(1), 104)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  })

  it('follows pu on futures', () => {
    const futures = [snapshot(100, { ...bids('10'), instrument: usdm }), diff(97, 100, { pu: 90 }), diff(140, 150, { pu: 100, ...bids('11') })]
    expect(rebuildBook(futures, 150)).toMatchObject({ valid: true })
    expect(rebuildBook(futures, 130)).toMatchObject({ valid: true, book: { updateId: 100 } })
    expect(rebuildBook([...futures, diff(170, 180, { pu: 160 })], 180)).toMatchObject({ valid: false, hole: { afterId: 150 } })
  })
})
