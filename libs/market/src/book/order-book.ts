import type { BookDiff, BookSnapshot, PriceLevel } from '@streamforge/contracts'
import { BookSide } from './book-side.ts'
import { decimalsOf, DecimalScale, exact, TOO_FINE } from './decimal-scale.ts'

export type SideName = 'bids' | 'asks'

/** Price and quantity as decimal text, written with as many decimals as the venue writes. */
export interface BookLevel {
  readonly price: string
  readonly quantity: string
}

/** The best levels of one side, as far as they are known. */
export interface BookDepth {
  readonly levels: readonly BookLevel[]
  /** True when these are all that was asked for, or all that there are: no unknown level lies between or after them. */
  readonly complete: boolean
  /** The price beyond which levels are unknown; absent when the whole side is known. */
  readonly completeTo?: string
}

/** Nothing of a side is known: the state before the first snapshot. */
const NOTHING_KNOWN = Infinity
const ALL_KNOWN = -Infinity

interface Half {
  readonly side: BookSide
  /** Turns a price into a key: 1 for bids, -1 for asks. */
  readonly sign: 1 | -1
  /** The key down to which every level is known. Fixed by a snapshot; diffs never move it. */
  bound: number
}

/**
 * An order book at one update id. It applies what it is given and judges no ids; `LiveBook` and `rebuildBook` do.
 *
 * Knowledge: a snapshot lists the best levels only. What lies beyond its worst price is unknown, except single levels
 * that a diff has set since. Every query stops at that bound, and only another snapshot moves it.
 */
export class OrderBook {
  updateId = -1
  eventTime = 0
  private readonly bids: Half = { side: new BookSide(), sign: 1, bound: NOTHING_KNOWN }
  private readonly asks: Half = { side: new BookSide(), sign: -1, bound: NOTHING_KNOWN }
  private readonly price = new DecimalScale()
  private readonly quantity = new DecimalScale()
  /** Prices and quantities of the message at hand in turn: all are read before any is applied, so that a bad one changes nothing. */
  private parsed = new Float64Array(512)

  /**
   * Replaces the whole book.
   * @throws StreamForgeError BAD_MESSAGE when a level is not a decimal; the book is then as before
   */
  load(snapshot: BookSnapshot): void {
    const bidBound = boundText(snapshot, 'bids')
    const askBound = boundText(snapshot, 'asks')
    for (const text of [bidBound, askBound]) if (text !== undefined) this.parsePrice(text)
    this.parseLevels(snapshot.bids, snapshot.asks)
    const { parsed, bids, asks } = this
    bids.side.clear()
    asks.side.clear()
    // Worst level first, so that every level is appended.
    for (let i = snapshot.bids.length - 1; i >= 0; i--) bids.side.set(parsed[2 * i]!, parsed[2 * i + 1]!)
    for (let i = snapshot.bids.length + snapshot.asks.length - 1; i >= snapshot.bids.length; i--) {
      asks.side.set(-parsed[2 * i]!, parsed[2 * i + 1]!)
    }
    bids.bound = bidBound === undefined ? ALL_KNOWN : this.parsePrice(bidBound)
    asks.bound = askBound === undefined ? ALL_KNOWN : -this.parsePrice(askBound)
    this.updateId = snapshot.last_update_id
    this.eventTime = snapshot.event_time
  }

  /**
   * Sets the levels of a diff and takes its final id.
   * @throws StreamForgeError BAD_MESSAGE when a level is not a decimal; the book is then as before
   */
  apply(diff: BookDiff): void {
    this.parseLevels(diff.bids, diff.asks)
    const { parsed, bids: { side: bids }, asks: { side: asks } } = this
    const askStart = 2 * diff.bids.length
    const end = askStart + 2 * diff.asks.length
    for (let i = 0; i < askStart; i += 2) bids.set(parsed[i]!, parsed[i + 1]!)
    for (let i = askStart; i < end; i += 2) asks.set(-parsed[i]!, parsed[i + 1]!)
    this.updateId = diff.final_update_id
    this.eventTime = diff.event_time
  }

  /** The best known bid; undefined when there is none or it is unknown. */
  bestBid(): BookLevel | undefined {
    return this.knownAt(this.bids, this.bids.side.length - 1)
  }

  bestAsk(): BookLevel | undefined {
    return this.knownAt(this.asks, this.asks.side.length - 1)
  }

  /**
   * The best level held, even one beyond the bound, where diffs have set some levels and others may be unseen: a price of last resort
   * when the market has left the depth that the snapshot told.
   */
  bestSeen(name: SideName): BookLevel | undefined {
    const half = this[name]
    return this.levelAt(half, half.side.length - 1)
  }

  /** A book whose best bid is not below its best ask cannot be a venue's. */
  isCrossed(): boolean {
    const { side: bids } = this.bids
    const { side: asks } = this.asks
    return bids.length > 0 && asks.length > 0 && bids.keyAt(bids.length - 1) >= -asks.keyAt(asks.length - 1)
  }

  /** The best `count` levels of a side, best first, ending where knowledge ends. */
  depth(name: SideName, count: number): BookDepth {
    const half = this[name]
    const levels: BookLevel[] = []
    for (let i = half.side.length - 1; levels.length < count; i--) {
      const level = this.knownAt(half, i)
      if (!level) break
      levels.push(level)
    }
    const complete = levels.length === count || half.bound === ALL_KNOWN
    const completeTo = this.completeTo(name)
    return completeTo === undefined ? { levels, complete } : { levels, complete, completeTo }
  }

  /** The price beyond which levels of a side are unknown; undefined when all are known (or, before the first snapshot, none). */
  completeTo(name: SideName): string | undefined {
    const { bound, sign } = this[name]
    return Number.isFinite(bound) ? this.price.format(bound * sign) : undefined
  }

  /** Calls `visit` with price and quantity of known levels as numbers, best first, until it returns false. For indicators and charts. */
  scan(name: SideName, visit: (price: number, quantity: number) => boolean): void {
    const { side, sign, bound } = this[name]
    for (let i = side.length - 1; i >= 0 && side.keyAt(i) >= bound; i--) {
      if (!visit(this.price.toNumber(side.keyAt(i) * sign), this.quantity.toNumber(side.quantityAt(i)))) return
    }
  }

  /** The quantity at one price; undefined when it is unknown (beyond the bound and not set by a diff) or finer than the book's prices. */
  quantityAt(name: SideName, price: string): string | undefined {
    const { side, sign, bound } = this[name]
    const scale = new DecimalScale()
    scale.grow(this.price.decimals)
    const ticks = scale.parse(price)
    if (ticks === TOO_FINE) return undefined
    const key = ticks * sign
    const quantity = side.quantityOf(key)
    return quantity === 0 && key < bound ? undefined : this.quantity.format(quantity)
  }

  /** Whether at least `count` levels of both sides, or the whole sides, are known. Takes constant time. */
  knowsDepth(count: number): boolean {
    return knows(this.bids, count) && knows(this.asks, count)
  }

  /** Levels held, those beyond the bounds included: a measure of memory. */
  get levelCount(): number {
    return this.bids.side.length + this.asks.side.length
  }

  private knownAt(half: Half, i: number): BookLevel | undefined {
    return i < 0 || half.side.keyAt(i) < half.bound ? undefined : this.levelAt(half, i)
  }

  private levelAt({ side, sign }: Half, i: number): BookLevel | undefined {
    return i < 0 ? undefined : { price: this.price.format(side.keyAt(i) * sign), quantity: this.quantity.format(side.quantityAt(i)) }
  }

  /** Reads all levels into `parsed`. A scale that grows on the way makes it begin again. */
  private parseLevels(bids: readonly PriceLevel[], asks: readonly PriceLevel[]): void {
    const needed = 2 * (bids.length + asks.length)
    if (needed > this.parsed.length) this.parsed = new Float64Array(2 * needed)
    while (!this.parseInto(bids, 0) || !this.parseInto(asks, 2 * bids.length));
  }

  private parseInto(levels: readonly PriceLevel[], start: number): boolean {
    const { parsed, price, quantity } = this
    let at = start
    for (const level of levels) {
      const p = price.parse(level[0])
      if (p === TOO_FINE) return this.growPrices(level[0])
      const q = quantity.parse(level[1])
      if (q === TOO_FINE) return this.growQuantities(level[1])
      parsed[at] = p
      parsed[at + 1] = q
      at += 2
    }
    return true
  }

  private parsePrice(text: string): number {
    const value = this.price.parse(text)
    if (value !== TOO_FINE) return value
    this.growPrices(text)
    return this.price.parse(text)
  }

  private growPrices(text: string): false {
    const decimals = decimalsOf(text)
    const halves = [this.bids, this.asks]
    for (const { side } of halves) exact(side.largestKey() * 10 ** (decimals - this.price.decimals), text)
    const factor = this.price.grow(decimals)
    for (const half of halves) {
      half.side.multiplyKeys(factor)
      half.bound *= factor
    }
    return false
  }

  private growQuantities(text: string): false {
    const decimals = decimalsOf(text)
    const sides = [this.bids.side, this.asks.side]
    for (const side of sides) exact(side.largestQuantity() * 10 ** (decimals - this.quantity.decimals), text)
    const factor = this.quantity.grow(decimals)
    for (const side of sides) side.multiplyQuantities(factor)
    return false
  }
}

function knows({ side, bound }: Half, count: number): boolean {
  return bound === ALL_KNOWN || count === 0 || (side.length >= count && side.keyAt(side.length - count) >= bound)
}

/** Where a snapshot's knowledge of a side ends: see `BookSnapshot`. */
function boundText(snapshot: BookSnapshot, name: SideName): string | undefined {
  const explicit = snapshot.complete_to?.[name]
  if (explicit !== undefined) return explicit
  const levels = snapshot[name]
  return levels.length < snapshot.depth ? undefined : levels.at(-1)![0]
}
