import { StreamForgeError, type BookDiff, type BookRecord, type BookSnapshot } from '@streamforge/contracts'
import { positionOf, positionOfSnapshot, relationOf } from './follow-rule.ts'
import { OrderBook } from './order-book.ts'

export interface RebuiltBook {
  /** The book after the last change up to the id asked for; with a hole, after the last one before it. */
  readonly book: OrderBook
  /** True when the ids prove that this is the venue's book at the id asked for, and it is not crossed. */
  readonly valid: boolean
  /** The first diff missing, or where the records end too early to tell. */
  readonly hole?: { readonly afterId: number; readonly gotId?: number }
}

/** Takes records in any order, such as a store's pages, and holds only those that the book needs. */
export interface BookRebuild {
  add(record: BookRecord): void
  /** @throws StreamForgeError NOT_FOUND when no snapshot at or before the id was among the records */
  finish(): RebuiltBook
}

/** Rebuilds one instrument's book as it was at an update id, from its records in any order; gaps and tickers are passed over. */
export function rebuildBook(records: Iterable<BookRecord>, updateId: number): RebuiltBook {
  const rebuild = startRebuild(updateId)
  for (const record of records) rebuild.add(record)
  return rebuild.finish()
}

/** As {@link rebuildBook}, for records that come piecemeal. */
export function startRebuild(updateId: number): BookRebuild {
  let snapshot: BookSnapshot | undefined
  let diffs = new Map<string, BookDiff>()
  const add = (record: BookRecord) => {
    if (record.kind === 'book_diff') {
      if (!snapshot || record.final_update_id >= snapshot.last_update_id) diffs.set(spanOf(record), record)
    } else if (record.kind === 'book_snapshot' && record.last_update_id <= updateId && isBetter(record, snapshot)) {
      snapshot = record
      diffs = new Map([...diffs].filter(([, diff]) => diff.final_update_id >= record.last_update_id))
    }
  }
  const finish = () => {
    if (snapshot) return replay(snapshot, [...diffs.values()].sort(byFinalId), updateId)
    throw new StreamForgeError('NOT_FOUND', `no book snapshot at or before update id ${updateId} is among the records`, {
      remedy: 'Read from an earlier key on: snapshots are stored at an interval', details: { update_id: updateId },
    })
  }
  return { add, finish }
}

function replay(snapshot: BookSnapshot, diffs: readonly BookDiff[], updateId: number): RebuiltBook {
  const book = new OrderBook()
  book.load(snapshot)
  let position = positionOfSnapshot(snapshot)
  for (const diff of diffs) {
    if (position.id === updateId) break
    const relation = relationOf(snapshot.market, position, diff)
    if (relation === 'old') continue
    if (relation === 'gap') return { book, valid: false, hole: { afterId: position.id, gotId: diff.first_update_id } }
    // It follows on from here and ends after the id: nothing ended in between.
    if (diff.final_update_id > updateId) return { book, valid: !book.isCrossed() }
    book.apply(diff)
    position = positionOf(diff)
  }
  return position.id === updateId ? { book, valid: !book.isCrossed() } : { book, valid: false, hole: { afterId: position.id } }
}

const spanOf = (diff: BookDiff) => `${diff.first_update_id}-${diff.final_update_id}`

const byFinalId = (a: BookDiff, b: BookDiff) => a.final_update_id - b.final_update_id || a.first_update_id - b.first_update_id

/** The latest; of two at one id the deeper. */
function isBetter(candidate: BookSnapshot, current: BookSnapshot | undefined): boolean {
  if (!current || candidate.last_update_id !== current.last_update_id) {
    return !current || candidate.last_update_id > current.last_update_id
  }
  return candidate.depth > current.depth
}
