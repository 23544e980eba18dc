import { describe, expect, it } from 'vitest'
import { diff, snapshot, spot } from './book.test-support.ts'
import { snapshotOfBook } from './book-snapshot.ts'
import { firstDifference } from './compare-books.ts'
import { OrderBook } from './order-book.ts'

const loaded = (...[id, levels]: Parameters<typeof snapshot>) => {
  const book = new OrderBook()
  book.load(snapshot(id, levels))
  return book
}
const small = () => loaded(100, { bids: [['10.10', '1'], ['10.00', '2']], asks: [['10.20', '3'], ['10.30', '4']] })
const prices = (book: OrderBook, side: 'bids' | 'asks') => book.depth(side, 100).levels.map((level) => level.price)

describe('an order book', () => {
  it('sets, changes and deletes levels, and takes the id and time of the diff', () => {
    const book = small()
    book.apply(diff(101, 103, { bids: [['10.10', '0'], ['10.05', '7.5']], asks: [['10.20', '9'], ['10.15', '1']] }))
    expect(prices(book, 'bids')).toEqual(['10.05', '10.00'])
    expect(prices(book, 'asks')).toEqual(['10.15', '10.20', '10.30'])
    expect(book.quantityAt('asks', '10.2')).toBe('9.0')
    expect(book.updateId).toBe(103)
  })

  it('ignores the deletion of a level that it does not hold', () => {
    const book = small()
    book.apply(diff(101, 101, { bids: [['9.99', '0'], ['10.11', '0.000']] }))
    expect(prices(book, 'bids')).toEqual(['10.10', '10.00'])
  })

  it('takes the last of two quantities for one price, however it is written', () => {
    const book = small()
    book.apply(diff(101, 101, { bids: [['10.10', '5'], ['10.1000', '6']] }))
    expect(book.depth('bids', 1).levels).toEqual([{ price: '10.1000', quantity: '6' }])
  })

  it('keeps prices apart that differ in decimals which come later, and joins those that do not', () => {
    const book = small()
    book.apply(diff(101, 101, { bids: [['10.100001', '5']], asks: [['10.20', '0'], ['10.199999', '0.00000001']] }))
    expect(prices(book, 'bids')).toEqual(['10.100001', '10.100000', '10.000000'])
    expect(prices(book, 'asks')).toEqual(['10.199999', '10.300000'])
    expect(book.quantityAt('bids', '10.10')).toBe('1.00000000')
  })

  it('holds prices that binary fractions would confuse', () => {
    const book = loaded(1, { bids: [['0.3', '1'], ['0.1', '1']] })
    for (let i = 0; i < 3; i++) book.apply(diff(2 + i, 2 + i, { bids: [['0.30000000', String(i)]] }))
    expect(book.depth('bids', 9).levels).toEqual([{ price: '0.30000000', quantity: '2' }, { price: '0.10000000', quantity: '1' }])
  })

  it('changes nothing when one level is unreadable', () => {
    const book = small()
    const before = [book.depth('bids', 9), book.depth('asks', 9)]
    expect(() => book.apply(diff(101, 101, { bids: [['10.10', '0']], asks: [['oops', '1']] }))).toThrow(/'oops' is not a decimal/)
    expect(() => book.load(snapshot(200, { bids: [['1', '1e5']] }))).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE' }))
    expect([book.depth('bids', 9), book.depth('asks', 9)]).toEqual(before)
    expect(book.updateId).toBe(100)
  })

  it('refuses a level whose decimals would push another past 2^53, and stays right', () => {
    const book = loaded(1, { bids: [['90071992547409.91', '1']] })
    expect(() => book.apply(diff(2, 2, { bids: [['0.001', '1']] }))).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE' }))
    expect(book.bestBid()).toEqual({ price: '90071992547409.910', quantity: '1' })
  })

  it('is crossed when the best bid reaches the best ask', () => {
    const book = small()
    expect(book.isCrossed()).toBe(false)
    book.apply(diff(101, 101, { bids: [['10.20', '1']] }))
    expect(book.isCrossed()).toBe(true)
    book.apply(diff(102, 102, { asks: [['10.20', '0']] }))
    expect(book.isCrossed()).toBe(false)
    expect(new OrderBook().isCrossed()).toBe(false)
  })

  it('scans levels as numbers until told to stop', () => {
    const seen: number[][] = []
    small().scan('asks', (price, quantity) => seen.push([price, quantity]) < 1)
    expect(seen).toEqual([[10.2, 3]])
  })
})

describe('what an order book knows', () => {
  const levels = { bids: [['10.1', '1'], ['10.0', '2']], asks: [['10.2', '3']], depth: 2 } as const

  it('is nothing before a snapshot', () => {
    const book = new OrderBook()
    book.apply(diff(1, 1, { bids: [['10', '1']] }))
    expect(book.bestBid()).toBeUndefined()
    expect(book.depth('bids', 5)).toEqual({ levels: [], complete: false })
    expect(book.quantityAt('bids', '9')).toBeUndefined()
  })

  it('ends at the worst price of a full side, and nowhere on a side with fewer levels than asked for', () => {
    const book = loaded(1, levels)
    expect(book.depth('bids', 5)).toEqual({ complete: false, completeTo: '10.0', levels: [{ price: '10.1', quantity: '1' }, { price: '10.0', quantity: '2' }] })
    expect(book.depth('bids', 2).complete).toBe(true)
    expect(book.depth('asks', 5)).toEqual({ complete: true, levels: [{ price: '10.2', quantity: '3' }] })
    expect([book.quantityAt('bids', '9.9'), book.quantityAt('asks', '99')]).toEqual([undefined, '0'])
  })

  it('does not grow by diffs: a deep level is seen, and those around it stay unknown', () => {
    const book = loaded(1, levels)
    book.apply(diff(2, 2, { bids: [['9.5', '8']] }))
    expect(prices(book, 'bids')).toEqual(['10.1', '10.0'])
    expect([book.quantityAt('bids', '9.5'), book.quantityAt('bids', '9.6')]).toEqual(['8', undefined])
    book.apply(diff(3, 3, { bids: [['10.1', '0'], ['10.0', '0']] }))
    expect(book.bestBid()).toBeUndefined()
    expect(book.bestSeen('bids')).toEqual({ price: '9.5', quantity: '8' })
    expect([book.knowsDepth(0), book.knowsDepth(1)]).toEqual([true, false])
  })

  it('holds no level of an older snapshot that a newer one does not know: stale deep levels', () => {
    const book = loaded(1, { bids: [['10', '1'], ['9', '1'], ['8', '1']] })
    book.load(snapshot(9, { bids: [['10', '1'], ['9', '2']], depth: 2 }))
    expect([book.quantityAt('bids', '8'), book.levelCount]).toEqual([undefined, 2])
  })

  it('follows the price scale when decimals grow', () => {
    const book = loaded(1, levels)
    book.apply(diff(2, 2, { bids: [['10.05', '8'], ['9.999', '1']] }))
    expect(book.completeTo('bids')).toBe('10.000')
    expect(prices(book, 'bids')).toEqual(['10.100', '10.050', '10.000'])
  })

  it('survives a periodic snapshot', () => {
    const book = loaded(1, levels)
    book.apply(diff(2, 2, { bids: [['10.1', '0'], ['9.5', '1']], asks: [['10.4', '1'], ['10.3', '1']] }))
    const record = snapshotOfBook(book, spot, 2, 1_723_161_300_000)
    expect(record).toMatchObject({ last_update_id: 2, source: 'periodic', complete_to: { bids: '10.0' }, bids: [['10.0', '2']] })
    const copy = new OrderBook()
    copy.load(record)
    expect(firstDifference(copy, book)).toBeUndefined()
    expect([copy.completeTo('bids'), copy.completeTo('asks')]).toEqual(['10.0', '10.3'])
  })
})

describe('the comparison of two books', () => {
  const one = () => loaded(1, { bids: [['10', '1'], ['9', '2'], ['8', '3']], asks: [['11', '1']] })
  it('finds a quantity, a missing and a surplus level', () => {
    const changed = (bids: [string, string][]) => {
      const book = one()
      book.apply(diff(2, 2, { bids }))
      return firstDifference(one(), book)
    }
    expect(changed([['9', '2']])).toBeUndefined()
    expect(changed([['9', '5']])).toEqual({ side: 'bids', price: 9 })
    expect(changed([['8', '0']])).toEqual({ side: 'bids', price: 8 })
    expect(changed([['8.5', '1']])).toEqual({ side: 'bids', price: 8.5 })
    expect(changed([['7', '1']])).toEqual({ side: 'bids', price: 7 })
  })

  it('ends where either stops knowing', () => {
    const shallow = loaded(1, { bids: [['10', '1'], ['9', '2']], asks: [['11', '1']], depth: 2 })
    expect(firstDifference(shallow, one())).toBeUndefined()
    expect(firstDifference(one(), shallow)).toBeUndefined()
  })
})
