import type { BookSnapshot, PriceLevel } from '@streamforge/contracts'
import type { BookDepth, OrderBook } from './order-book.ts'
import type { BookInstrument } from './sync-state.ts'

/**
 * The record of a local book's best `depth` levels a side, for the topic at an interval: from it and the diffs that follow,
 * `rebuildBook` makes any later state. The book must be valid. `now` is when it was known.
 */
export function snapshotOfBook(book: OrderBook, instrument: BookInstrument, depth: number, now: number): BookSnapshot {
  const bids = book.depth('bids', depth)
  const asks = book.depth('asks', depth)
  const bidsTo = endOfKnowledge(bids, depth)
  const asksTo = endOfKnowledge(asks, depth)
  return {
    kind: 'book_snapshot', ...instrument, last_update_id: book.updateId, depth,
    bids: levelPairs(bids), asks: levelPairs(asks),
    ...((bidsTo !== undefined || asksTo !== undefined) && {
      complete_to: { ...(bidsTo !== undefined && { bids: bidsTo }), ...(asksTo !== undefined && { asks: asksTo }) },
    }),
    event_time: book.eventTime, known_time: now, source: 'periodic',
  }
}

/** Told only where the number of levels does not tell it: fewer than asked for would mean that there are no more. */
const endOfKnowledge = ({ levels, completeTo }: BookDepth, depth: number) => (levels.length < depth ? completeTo : undefined)

const levelPairs = ({ levels }: BookDepth): PriceLevel[] => levels.map(({ price, quantity }) => [price, quantity])
