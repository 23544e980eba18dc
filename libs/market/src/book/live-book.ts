import type { BookDiff, BookSnapshot } from '@streamforge/contracts'
import { snapshotOfBook } from './book-snapshot.ts'
import { firstDifference } from './compare-books.ts'
import { OrderBook } from './order-book.ts'
import { syncBook } from './sync-book.ts'
import {
  nextWake, startBookSync, type BookInstrument, type BookSyncInput, type BookSyncOptions, type BookSyncOutput, type BookSyncState,
  type SnapshotPurpose,
} from './sync-state.ts'

export interface LiveBookOptions extends Partial<BookSyncOptions> {
  /** When fewer levels than this are known on a side, a wider snapshot is asked for. Well below the depth of snapshots. */
  readonly minimumKnownLevels?: number
}

type Fault = Extract<BookSyncInput, { type: 'faulty' }>['reason']

/**
 * A local order book that is kept in step with its venue: the synchroniser's decisions, carried out on a book. It does no
 * I/O: `handle` takes what happened and returns what the caller must do (ask for a snapshot, publish a gap) or may log.
 */
export class LiveBook {
  /** Right at its update id while `valid`; the last known state otherwise. Replaced by snapshots: don't hold on to it. */
  book = new OrderBook()
  private state: BookSyncState
  private readonly minimumKnownLevels: number

  constructor(instrument: BookInstrument, options: LiveBookOptions = {}) {
    const { minimumKnownLevels = 100, ...syncOptions } = options
    this.state = startBookSync(instrument, syncOptions)
    this.minimumKnownLevels = minimumKnownLevels
  }

  /** True only while the book equals the venue's at its update id, down to where knowledge ends. */
  get valid(): boolean {
    return this.state.status === 'synchronised'
  }

  get status(): BookSyncState['status'] {
    return this.state.status
  }

  /** The instant at which `handle` should get a `time` input if nothing else comes; undefined when none is needed. */
  get wakeAt(): number | undefined {
    return nextWake(this.state)
  }

  /** A `periodic` record of the best `depth` levels, or undefined while the book is not valid. */
  snapshot(depth: number, now: number): BookSnapshot | undefined {
    return this.valid ? snapshotOfBook(this.book, this.state.instrument, depth, now) : undefined
  }

  /** Takes an input and carries out the outputs that concern the book; all outputs are returned, in order. */
  handle(input: BookSyncInput): BookSyncOutput[] {
    const outputs = this.step(input)
    const fault = this.carryOut(outputs)
    if (fault) return [...outputs, ...this.step({ type: 'faulty', reason: fault, now: input.now })]
    if (!this.isShallow(input.now)) return outputs
    return [...outputs, ...this.step({ type: 'depth_low', now: input.now })]
  }

  private step(input: BookSyncInput): BookSyncOutput[] {
    const { state, outputs } = syncBook(this.state, input)
    this.state = state
    return outputs
  }

  private carryOut(outputs: readonly BookSyncOutput[]): Fault | undefined {
    for (const output of outputs) {
      const fault = output.type === 'apply' ? applyTo(this.book, output.diff)
        : output.type === 'load' ? this.replace(output.snapshot, output.diffs, output.purpose)
          : undefined
      if (fault) return fault
    }
    return undefined
  }

  /** Builds the new book aside, so that a bad snapshot leaves the last known one. */
  private replace(snapshot: BookSnapshot, diffs: readonly BookDiff[], purpose: SnapshotPurpose): Fault | undefined {
    const next = new OrderBook()
    const fault = loadInto(next, snapshot) ?? diffs.map((diff) => applyTo(next, diff)).find((f) => f !== undefined)
    if (fault) return fault
    // Both claim to be the book at this id; if they disagree, one of them is wrong, and nothing tells which.
    if (purpose === 'deepen' && firstDifference(this.book, next)) return 'diverged'
    this.book = next
    return undefined
  }

  private isShallow(now: number): boolean {
    const { status, wanted, deepenNotBefore } = this.state
    return status === 'synchronised' && !wanted && now >= deepenNotBefore && !this.book.knowsDepth(this.minimumKnownLevels)
  }
}

function loadInto(book: OrderBook, snapshot: BookSnapshot): Fault | undefined {
  try {
    book.load(snapshot)
  } catch {
    return 'unreadable'
  }
  return book.isCrossed() ? 'crossed' : undefined
}

function applyTo(book: OrderBook, diff: BookDiff): Fault | undefined {
  try {
    book.apply(diff)
  } catch {
    return 'unreadable'
  }
  return book.isCrossed() ? 'crossed' : undefined
}
