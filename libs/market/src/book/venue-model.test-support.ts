import type { BookDiff, BookSnapshot, PriceLevel } from '@streamforge/contracts'
import { seededRandom, type Random } from '../synthetic-random.ts'
import type { OrderBook, SideName } from './order-book.ts'
import type { BookInstrument } from './sync-state.ts'

/** Quantity by price, both as the venue writes them, of one side. */
type TrueSide = ReadonlyMap<number, number>
export interface TrueBook {
  readonly id: number
  readonly bids: TrueSide
  readonly asks: TrueSide
}

/** A venue that remembers its true book after every single change, so that any claim about it can be checked. */
export interface VenueModel {
  readonly diffs: readonly BookDiff[]
  /** The book at an id, or at the last change before it. */
  trueBook(id: number): TrueBook
  snapshot(id: number, depth: number): BookSnapshot
}

const START = 1_723_161_255_000
const DIFF_MS = 100
/** Prices with two significant decimals among eight written ones, as spot writes them. */
const priceText = (ticks: number) => `${(ticks / 100).toFixed(2)}000000`
const quantityText = (n: number) => `${n}.50000000`
const zero = '0.00000000'

/**
 * Makes a venue's history: levels come and go around a price that wanders, ids count every change (spot) or skip (futures).
 */
export function makeVenueModel(instrument: BookInstrument, seed: number, diffCount: number): VenueModel {
  const random = seededRandom('venue', seed)
  const states: TrueBook[] = []
  const diffs: BookDiff[] = []
  let book = firstBook(random)
  states.push(book)
  for (let i = 0; i < diffCount; i++) {
    const previous = book.id
    const changed: Record<SideName, Set<number>> = { bids: new Set(), asks: new Set() }
    const firstState = states.length
    for (let changes = 1 + pick(random, 4); changes > 0; changes--) {
      book = change(book, book.id + 1 + idSkip(instrument, random), random, changed)
      states.push(book)
    }
    diffs.push({
      kind: 'book_diff', ...instrument, first_update_id: states[firstState]!.id, final_update_id: book.id,
      ...(instrument.market !== 'spot' && { previous_final_update_id: previous }),
      bids: levelsOf(book.bids, changed.bids), asks: levelsOf(book.asks, changed.asks),
      event_time: START + i * DIFF_MS, known_time: START + i * DIFF_MS,
    })
  }
  const trueBook = (id: number) => states.findLast((state) => state.id <= id) ?? states[0]!
  return { diffs, trueBook, snapshot: (id, depth) => snapshotAt(instrument, trueBook(id), id, depth) }
}

/** What a valid book says that its venue would not; undefined when it is right. */
export function falsehood(book: OrderBook, truth: TrueBook): string | undefined {
  return falseSide(book, truth, 'bids') ?? falseSide(book, truth, 'asks')
}

function falseSide(book: OrderBook, truth: TrueBook, name: SideName): string | undefined {
  const { levels, completeTo } = book.depth(name, Infinity)
  const end = completeTo === undefined ? undefined : Math.round(Number(completeTo) * 100)
  const inside = (ticks: number) => end === undefined || (name === 'bids' ? ticks >= end : ticks <= end)
  const expected = bestFirst(truth[name], name).filter(([ticks]) => inside(ticks)).map(([p, q]) => `${priceText(p)} ${quantityText(q)}`)
  const actual = levels.map(({ price, quantity }) => `${price} ${quantity}`)
  if (expected.join() !== actual.join()) return `${name} at ${truth.id}: ${actual.join()} instead of ${expected.join()}`
  const seen = book.bestSeen(name)
  if (seen && seen.quantity !== quantityText(truth[name].get(Math.round(Number(seen.price) * 100)) ?? 0)) return `${name} hold ${seen.price}`
  // Levels beyond the end are either not known or right.
  for (const [ticks, quantity] of truth[name]) {
    const told = inside(ticks) ? undefined : book.quantityAt(name, priceText(ticks))
    if (told !== undefined && told !== quantityText(quantity)) return `${name} ${ticks} at ${truth.id}: ${told} instead of ${quantity}`
  }
  return undefined
}

const pick = (random: Random, count: number) => Math.floor(random() * count)
const idSkip = ({ market }: BookInstrument, random: Random) => (market === 'spot' ? 0 : pick(random, 5))

function firstBook(random: Random): TrueBook {
  const side = (sign: number) => new Map(Array.from({ length: 20 }, (_, i) => [6_000_000 + sign * (i + 1), 1 + pick(random, 50)]))
  return { id: 1000, bids: side(-1), asks: side(1) }
}

/** One change of one level; the sides never cross. */
function change(book: TrueBook, id: number, random: Random, changed: Record<SideName, Set<number>>): TrueBook {
  const name: SideName = random() < 0.5 ? 'bids' : 'asks'
  const side = new Map(book[name])
  const other = Math[name === 'bids' ? 'min' : 'max'](...book[name === 'bids' ? 'asks' : 'bids'].keys())
  const away = name === 'bids' ? -1 : 1
  const ticks = other + away * (1 + pick(random, random() < 0.7 ? 8 : 40))
  if (side.has(ticks) && side.size > 3 && random() < 0.6) side.delete(ticks)
  else side.set(ticks, 1 + pick(random, 50))
  changed[name].add(ticks)
  return { ...book, id, [name]: side }
}

const levelsOf = (side: TrueSide, changed: ReadonlySet<number>): PriceLevel[] =>
  [...changed].map((ticks) => [priceText(ticks), side.has(ticks) ? quantityText(side.get(ticks)!) : zero])

const bestFirst = (side: TrueSide, name: SideName) => [...side].sort(([a], [b]) => (name === 'bids' ? b - a : a - b))

function snapshotAt(instrument: BookInstrument, book: TrueBook, id: number, depth: number): BookSnapshot {
  const top = (name: SideName): PriceLevel[] =>
    bestFirst(book[name], name).slice(0, depth).map(([p, q]) => [priceText(p), quantityText(q)])
  return {
    kind: 'book_snapshot', ...instrument, last_update_id: id, depth, bids: top('bids'), asks: top('asks'),
    event_time: START, known_time: START, source: 'rest',
  }
}
