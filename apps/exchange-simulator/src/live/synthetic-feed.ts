import { seededRandom, type Random } from '@streamforge/market'
import type { LiveSymbol } from './live-symbol.ts'
import { unitsOf, unitsText, valueOf } from './units.ts'
import type { Level, VenueBook } from './venue-book.ts'

export interface SyntheticFeedOptions {
  readonly seed: string | number
  /** Messages a second of this symbol: trades, best bids and offers, depth diffs. Candles come on top. */
  readonly rate: number
  readonly depthMs: number
  /** Steps of price and quantity, in hundred-millionths. */
  readonly tick: number
  readonly lot: number
  /** The price that it begins at, in hundred-millionths. */
  readonly price: number
  readonly firstTradeId: number
}

const levelsAtStart = 400
const mostLevels = 1500
const fewestLevels = 60
/** Of a message's turn, for what happens without one. */
const silentTurns = 0.25
/** Quote worth of a typical level. */
const levelWorth = 5_000
export const firstUpdateId = 1_000_000_001

/** Price step, quantity step: the instrument's own, coarser where that would be millions of steps for one price. */
export function stepsFor(price: number, priceDecimals: number, quantityDecimals: number): { tick: number; lot: number } {
  const units = unitsOf(price)
  const quantity = unitsOf(levelWorth / price)
  return {
    tick: Math.max(10 ** (8 - priceDecimals), 10 ** Math.max(0, Math.floor(Math.log10(units)) - 5)),
    lot: Math.max(10 ** (8 - quantityDecimals), 10 ** Math.max(0, Math.floor(Math.log10(quantity)) - 3)),
  }
}

/**
 * A made-up live market of one symbol. What happens, and at which instant of the venue's clock, follows from the seed alone:
 * however the clock is moved and however often one looks, it is the same.
 */
export class SyntheticFeed {
  readonly #live: LiveSymbol
  readonly #book: VenueBook
  readonly #options: SyntheticFeedOptions
  readonly #random: Random
  readonly #gapMs: number
  #next: number
  #nextDepth: number
  #nextTradeId: number
  /** Turns that passed without a message. */
  #borrowed = 0
  #pendingFirst = 0
  readonly #pending = new Set<number>()

  constructor(live: LiveSymbol, options: SyntheticFeedOptions) {
    this.#live = live
    this.#book = live.book
    this.#options = options
    this.#random = seededRandom(options.seed, 'live', live.symbol)
    this.#gapMs = 1000 / options.rate
    this.#next = live.seam
    this.#nextDepth = live.seam + options.depthMs
    this.#nextTradeId = options.firstTradeId
    this.#book.begin(firstUpdateId - 1, this.#startLevels())
  }

  /** Makes all that happens before `time`, or the first `most` messages of it; true when nothing before it is left. */
  advance(time: number, most = Infinity): boolean {
    let made = 0
    while (made < most) {
      const at = Math.min(this.#next, this.#nextDepth)
      if (at >= time) {
        this.#live.pass(Math.floor(time))
        return true
      }
      const messages = at === this.#nextDepth ? this.#tellDepth(Math.floor(at)) : this.#act(Math.floor(at))
      const turns = this.#turnsOf(messages)
      made += turns
      this.#next += turns * this.#gapMs
    }
    return false
  }

  /** Each message moves the rest of the schedule, so that the rate is that of all messages together. */
  #turnsOf(messages: number): number {
    if (messages === 0) {
      // An order deep in the book is no message of its own; it takes some of the time of one all the same, which later ones give back.
      this.#borrowed += silentTurns
      return silentTurns
    }
    const back = Math.min(this.#borrowed, messages - silentTurns)
    this.#borrowed -= back
    return messages - back
  }

  #act(time: number): number {
    this.#live.pass(time)
    const { bestBid, bestAsk } = this.#book
    const [bidQuantity, askQuantity] = [this.#book.quantityOf(bestBid), this.#book.quantityOf(-bestAsk)]
    const traded = this.#random() < 0.5
    if (traded) this.#trade(time)
    else this.#order()
    const changed = this.#book.bestBid !== bestBid || this.#book.bestAsk !== bestAsk
      || this.#book.quantityOf(bestBid) !== bidQuantity || this.#book.quantityOf(-bestAsk) !== askQuantity
    if (changed) this.#live.tellTicker()
    return (traded ? 1 : 0) + (changed ? 1 : 0)
  }

  #trade(time: number): void {
    const { tick, lot } = this.#options
    const bids = this.#book.bestBid > 1000 * tick && this.#random() < 0.5
    const key = bids ? this.#book.bestBid : -this.#book.bestAsk
    const there = this.#book.quantityOf(key)
    const wanted = lot * (1 + Math.floor(-Math.log(1 - this.#random()) * (this.#typicalLots() / 3)))
    const quantity = Math.min(wanted, there)
    this.#change(key, there - quantity)
    const trade = { id: this.#nextTradeId++, time, price: valueOf(Math.abs(key)), quantity: valueOf(quantity), buyerMaker: bids }
    this.#live.addTrade(trade, time)
  }

  /** Someone places an order or takes one back: near the best price mostly, never across it. */
  #order(): void {
    const { tick } = this.#options
    const bids = this.#random() < 0.5
    const offset = tick * Math.floor(Math.exp(this.#random() * Math.log(600)))
    const price = bids ? this.#book.bestAsk - offset : this.#book.bestBid + offset
    if (price <= 0) return
    const key = bids ? price : -price
    const side = bids ? this.#book.bids : this.#book.asks
    const there = side.quantityOf(key)
    if (there > 0 && side.length > fewestLevels && this.#random() < 0.55) this.#change(key, 0)
    else this.#change(key, this.#orderQuantity())
    if (side.length > mostLevels) this.#change(side.keys[0]!, 0)
  }

  #change(key: number, quantity: number): void {
    const id = this.#book.updateId + 1
    if (this.#pending.size === 0) this.#pendingFirst = id
    this.#pending.add(key)
    this.#book.change(id, key, quantity)
  }

  #tellDepth(time: number): number {
    this.#live.pass(time)
    this.#nextDepth += this.#options.depthMs
    if (this.#pending.size === 0) return 0
    const levels = (keys: readonly number[]): Level[] => keys.map((key) => [unitsText(Math.abs(key)), unitsText(this.#book.quantityOf(key))])
    const keys = [...this.#pending].sort((a, b) => b - a)
    const bids = levels(keys.filter((key) => key > 0))
    const asks = levels(keys.filter((key) => key < 0))
    this.#live.tellDepth({ firstId: this.#pendingFirst, finalId: this.#book.updateId, bids, asks }, time)
    this.#pending.clear()
    return 1
  }

  #typicalLots(): number {
    return Math.max(3, unitsOf(levelWorth / valueOf(this.#options.price)) / this.#options.lot)
  }

  #orderQuantity(): number {
    return this.#options.lot * Math.ceil(this.#typicalLots() * Math.exp(2 * this.#random() - 1) * (0.2 + this.#random()))
  }

  *#startLevels(): Generator<readonly [number, number]> {
    const { tick } = this.#options
    const middle = Math.round(this.#options.price / tick) * tick
    for (let k = 1; k <= levelsAtStart; k++) {
      // Sparser the deeper, as books are.
      const distance = tick * (k + Math.floor((k * k) / 100))
      if (middle - distance > 0) yield [middle - distance, this.#orderQuantity()]
      yield [-(middle + distance), this.#orderQuantity()]
    }
  }
}
