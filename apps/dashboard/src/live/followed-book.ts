import type { BookDiff, BookRecord, BookSnapshot, BookView } from '@streamforge/contracts'
import { OrderBook } from '@streamforge/market'

/** Diffs kept for a snapshot that comes late; at ten a second, minutes. */
const keptDiffs = 5_000

/**
 * A book as its topic tells it: a snapshot, then the diffs that follow it. It is shown as valid only while every diff has
 * followed the one before; the loader owns the synchronisation with the venue, this only follows.
 */
export class FollowedBook {
  private book = new OrderBook()
  private kept: BookDiff[] = []
  private status: BookView['status'] = 'unknown'
  private gapReason: BookView['gap_reason']

  get valid(): boolean {
    return this.status === 'valid'
  }

  add(record: BookRecord): void {
    switch (record.kind) {
      case 'book_snapshot': return this.load(record)
      case 'book_diff': return this.follow(record)
      case 'book_gap': {
        this.gapReason = record.reason
        if (this.status === 'valid') this.status = 'resynchronising'
        return
      }
      case 'book_ticker': return
      default: return record satisfies never
    }
  }

  view(instrument: { venue: string; symbol: string }, levels: number): BookView {
    const { book, status } = this
    const side = (name: 'bids' | 'asks') => (status === 'unknown' ? [] : book.depth(name, levels).levels.map(({ price, quantity }) => ({ price, quantity })))
    return {
      ...instrument, status, bids: side('bids'), asks: side('asks'),
      ...(status === 'resynchronising' && this.gapReason && { gap_reason: this.gapReason }),
      ...(status !== 'unknown' && { update_id: book.updateId, event_time: book.eventTime }),
    }
  }

  /** An older snapshot than what is known tells nothing; a broken book takes any. */
  private load(snapshot: BookSnapshot): void {
    if (this.valid && snapshot.last_update_id <= this.book.updateId) return
    const next = new OrderBook()
    next.load(snapshot)
    this.book = next
    this.status = 'valid'
    this.gapReason = undefined
    const later = this.kept.filter((diff) => diff.final_update_id > snapshot.last_update_id)
    this.kept = []
    for (const diff of later) this.follow(diff)
  }

  private follow(diff: BookDiff): void {
    this.kept.push(diff)
    if (this.kept.length > 2 * keptDiffs) this.kept = this.kept.slice(-keptDiffs)
    if (!this.valid || diff.final_update_id <= this.book.updateId) return
    if (!follows(diff, this.book.updateId)) {
      this.status = 'resynchronising'
      this.gapReason ??= 'sequence'
      return
    }
    this.book.apply(diff)
    if (this.book.isCrossed()) this.status = 'resynchronising'
  }
}

/** Spot: no id between is missing. Futures: it names the one before, or spans it when that was a snapshot. */
function follows(diff: BookDiff, updateId: number): boolean {
  if (diff.market === 'spot') return diff.first_update_id <= updateId + 1
  return diff.previous_final_update_id === updateId || diff.first_update_id <= updateId
}
