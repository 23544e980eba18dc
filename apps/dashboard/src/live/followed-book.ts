import type { BookDiff, BookGapReason, BookRecord, BookSnapshot, BookView } from '@streamforge/contracts'
import { OrderBook } from '@streamforge/market'

/** Diffs kept while the book is not known: for a snapshot that comes late, or for the ones missing. At ten a second, minutes. */
const keptDiffs = 2_000

/**
 * A book as its topic tells it: a snapshot, then the diffs that follow it. It is shown as valid only while every diff has
 * followed the one before; the loader owns the synchronisation with the venue, this only follows.
 */
export class FollowedBook {
  private book = new OrderBook()
  /** Sorted by final id; empty while the book is valid. */
  private kept: BookDiff[] = []
  private status: BookView['status'] = 'unknown'
  private gapReason: BookGapReason | undefined
  /** Diffs up to this id must have been applied before a gap counts as closed by diffs alone. */
  private gapEnd = 0

  get valid(): boolean {
    return this.status === 'valid'
  }

  add(record: BookRecord): void {
    switch (record.kind) {
      case 'book_snapshot': return this.load(record)
      case 'book_diff': return this.follow(record)
      case 'book_gap': return this.lose(record.reason, record.got_id)
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

  private lose(reason: BookGapReason, gotId: number): void {
    if (this.status === 'unknown') return
    // What diffs alone cannot mend stays the reason.
    if (this.gapReason === undefined || mayBeHealed(this.gapReason)) this.gapReason = reason
    this.gapEnd = Math.max(this.gapEnd, gotId)
    this.status = 'resynchronising'
  }

  /** An older snapshot than what is known tells nothing; a broken book takes any. */
  private load(snapshot: BookSnapshot): void {
    if (this.valid && snapshot.last_update_id <= this.book.updateId) return
    const next = new OrderBook()
    next.load(snapshot)
    this.book = next
    this.status = 'valid'
    this.gapReason = undefined
    this.gapEnd = 0
    const later = this.kept.filter((diff) => diff.final_update_id > snapshot.last_update_id)
    this.kept = []
    for (const diff of later) this.follow(diff)
  }

  private follow(diff: BookDiff): void {
    if (this.valid) {
      if (diff.final_update_id <= this.book.updateId) return
      if (follows(diff, this.book.updateId)) return this.apply(diff)
      this.lose('sequence', diff.first_update_id)
    }
    this.keep(diff)
    if (this.status === 'resynchronising') this.heal()
  }

  private apply(diff: BookDiff): void {
    this.book.apply(diff)
    if (this.book.isCrossed()) this.lose('crossed', diff.final_update_id)
  }

  private keep(diff: BookDiff): void {
    const at = this.kept.findLastIndex((other) => other.final_update_id <= diff.final_update_id)
    if (this.kept[at]?.final_update_id !== diff.final_update_id) this.kept.splice(at + 1, 0, diff)
    if (this.kept.length > keptDiffs) this.kept.splice(0, this.kept.length - keptDiffs)
  }

  /** Missing diffs that came late close a gap without a snapshot: when all up to beyond it follow each other. */
  private heal(): void {
    if (!mayBeHealed(this.gapReason)) return
    let id = this.book.updateId
    for (const diff of this.kept) {
      if (diff.final_update_id <= id) continue
      if (!follows(diff, id)) return
      id = diff.final_update_id
    }
    if (id < this.gapEnd || id === this.book.updateId) return
    const diffs = this.kept
    this.kept = []
    this.status = 'valid'
    this.gapReason = undefined
    this.gapEnd = 0
    for (const diff of diffs) this.follow(diff)
  }
}

/** A book that was wrong in itself is not made right by more diffs. */
const mayBeHealed = (reason: BookGapReason | undefined) => reason === 'sequence' || reason === 'reconnect'

/** Spot: no id between is missing. Futures: it names the one before, or spans it when that was a snapshot. */
function follows(diff: BookDiff, updateId: number): boolean {
  if (diff.market === 'spot') return diff.first_update_id <= updateId + 1
  return diff.previous_final_update_id === updateId || diff.first_update_id <= updateId
}
