import type { OrderBook, SideName } from './order-book.ts'

export interface BookDifference {
  readonly side: SideName
  readonly price: number
}

interface KnownSide {
  readonly prices: number[]
  readonly quantities: number[]
  readonly completeTo: number | undefined
}

/**
 * The best level in which two books at the same update id differ, within the depth that both know; undefined when they
 * agree. Compares doubles: equal decimals make equal doubles, and decimals of up to 15 digits that differ make different ones.
 */
export function firstDifference(one: OrderBook, other: OrderBook): BookDifference | undefined {
  return sideDifference(one, other, 'bids') ?? sideDifference(one, other, 'asks')
}

function sideDifference(one: OrderBook, other: OrderBook, side: SideName): BookDifference | undefined {
  const [a, b] = [knownSide(one, side), knownSide(other, side)]
  const known = (price: number | undefined) => price !== undefined && within(price, a, side) && within(price, b, side)
  for (let i = 0; ; i++) {
    const [p, q] = [a.prices[i], b.prices[i]]
    if (!known(p) && !known(q)) return undefined
    if (p === q && a.quantities[i] === b.quantities[i]) continue
    const prices = [p, q].filter((price) => price !== undefined)
    return { side, price: side === 'bids' ? Math.max(...prices) : Math.min(...prices) }
  }
}

function within(price: number, { completeTo }: KnownSide, side: SideName): boolean {
  if (completeTo === undefined) return true
  return side === 'bids' ? price >= completeTo : price <= completeTo
}

function knownSide(book: OrderBook, side: SideName): KnownSide {
  const prices: number[] = []
  const quantities: number[] = []
  book.scan(side, (price, quantity) => {
    prices.push(price)
    quantities.push(quantity)
    return true
  })
  const end = book.completeTo(side)
  return { prices, quantities, completeTo: end === undefined ? undefined : Number(end) }
}
