import { BookHistory } from './book-history.ts'
import { Ladder } from './ladder.ts'
import { unitsText } from './units.ts'

export type Level = readonly [price: string, quantity: string]

/** A book as the venue shows it, best levels first. */
export interface ShownBook {
  readonly lastUpdateId: number
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
}

/**
 * The true book of one symbol. Prices and quantities are in hundred-millionths; a change's key is the price, negated for asks,
 * so that its sign tells the side.
 */
export class VenueBook {
  readonly bids = new Ladder()
  readonly asks = new Ladder()
  updateId: number
  readonly #history: BookHistory

  /** @param keep single changes that {@link at} can go back */
  constructor(updateId: number, keep: number) {
    this.updateId = updateId
    this.#history = new BookHistory(keep)
  }

  /** Sets the levels it begins with; nothing before can be asked for. */
  begin(updateId: number, changes: Iterable<readonly [key: number, quantity: number]>): void {
    for (const [key, quantity] of changes) this.#set(key, quantity)
    this.updateId = updateId
    this.#history.begin(updateId, this.bids, this.asks)
  }

  change(updateId: number, key: number, quantity: number): void {
    this.#set(key, quantity)
    this.updateId = updateId
    this.#history.add(updateId, key, quantity)
  }

  /** Takes an id that came with no change. */
  pass(updateId: number): void {
    this.updateId = updateId
  }

  quantityOf(key: number): number {
    return key > 0 ? this.bids.quantityOf(key) : this.asks.quantityOf(key)
  }

  get bestBid(): number {
    return this.bids.keys[this.bids.length - 1] ?? 0
  }

  get bestAsk(): number {
    return -(this.asks.keys[this.asks.length - 1] ?? 0)
  }

  show(limit: number): ShownBook {
    return shown(this.updateId, this.bids, this.asks, limit)
  }

  /** As it was when its last change up to `updateId` was made; undefined when that is too long ago, or not yet. */
  at(updateId: number, limit: number): ShownBook | undefined {
    if (updateId > this.updateId) return undefined
    const past = this.#history.at(updateId)
    return past && shown(updateId, past.bids, past.asks, limit)
  }

  /** The lowest id that {@link at} answers. */
  get oldestId(): number {
    return this.#history.oldestId
  }

  #set(key: number, quantity: number): void {
    if (key > 0) this.bids.set(key, quantity)
    else this.asks.set(key, quantity)
  }
}

const shown = (lastUpdateId: number, bids: Ladder, asks: Ladder, limit: number): ShownBook =>
  ({ lastUpdateId, bids: levels(bids, limit), asks: levels(asks, limit) })

function levels(side: Ladder, limit: number): Level[] {
  const rows: Level[] = []
  for (let i = side.length - 1; i >= 0 && rows.length < limit; i--) {
    rows.push([unitsText(Math.abs(side.keys[i]!)), unitsText(side.quantities[i]!)])
  }
  return rows
}
