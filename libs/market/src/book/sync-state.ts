import type { BookDiff, BookGap, BookGapReason, BookMarket, BookSnapshot } from '@streamforge/contracts'
import type { BookPosition } from './follow-rule.ts'
import type { KeptDiffs } from './kept-diffs.ts'

export interface BookInstrument {
  readonly venue: string
  readonly symbol: string
  readonly market: BookMarket
}

export interface BookSyncOptions {
  /** Diffs kept while a snapshot is on its way. Past it the oldest are let go, and only a snapshot newer than them will do. */
  readonly keepLimit: number
  /** Milliseconds after which an unanswered snapshot request counts as failed. */
  readonly snapshotTimeoutMs: number
  /** Milliseconds before the second request for a snapshot; doubles with each further one... */
  readonly retryMinimumMs: number
  /** ...up to this. A book that stayed synchronised as long begins anew. */
  readonly retryMaximumMs: number
  /** Milliseconds without a diff after connecting before a snapshot is asked for all the same. Before it would mostly be too old. */
  readonly quietMs: number
  /** Milliseconds between snapshots that only widen the known depth. */
  readonly deepenIntervalMs: number
  /** A diff with a lower id whose event time is this much later means that the venue counts anew. Duplicates of another connection are not so late. */
  readonly idResetMs: number
}

export const defaultBookSyncOptions: BookSyncOptions = {
  keepLimit: 2000, snapshotTimeoutMs: 10_000, retryMinimumMs: 250, retryMaximumMs: 30_000, quietMs: 1000,
  deepenIntervalMs: 60_000, idResetMs: 5000,
}

/** `synchronise`: there is no right book; `deepen`: there is, and it should be known deeper. */
export type SnapshotPurpose = 'synchronise' | 'deepen'

export interface BookSyncState {
  readonly instrument: BookInstrument
  readonly options: BookSyncOptions
  /** Only a `synchronised` book is right at its update id. */
  readonly status: 'disconnected' | 'synchronising' | 'synchronised'
  /** Where the book stands; undefined before the first snapshot and when the book was found to be wrong. */
  readonly book: BookPosition | undefined
  /** Where the stream of diffs has got to, whether or not the book followed. */
  readonly stream: BookPosition | undefined
  readonly kept: KeptDiffs
  readonly wanted: SnapshotPurpose | undefined
  readonly request: { readonly id: number; readonly at: number } | undefined
  /** Requests made so far; the last one's id. */
  readonly requests: number
  /** Answers to requests up to this one belong to ids that the venue has abandoned. */
  readonly abandonedRequests: number
  readonly failures: number
  /** No request before this instant. */
  readonly notBefore: number
  readonly connectedAt: number | undefined
  /** True from a disconnection to the next new diff. */
  readonly reconnected: boolean
  readonly synchronisedAt: number | undefined
  readonly unsynchronisedAt: number | undefined
  /** A snapshot to deepen the book, ahead of the stream. */
  readonly ahead: BookSnapshot | undefined
  readonly deepenNotBefore: number
}

/** Every input carries the caller's clock, `now`, in milliseconds. */
export type BookSyncInput = { readonly now: number } & (
  | { readonly type: 'diff'; readonly diff: BookDiff }
  | { readonly type: 'snapshot'; readonly request: number; readonly snapshot: BookSnapshot }
  | { readonly type: 'snapshot_failed'; readonly request: number }
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected' }
  /** Lets timeouts and pauses pass; due at `nextWake`. */
  | { readonly type: 'time' }
  /** The book that resulted from the outputs cannot be the venue's. */
  | { readonly type: 'faulty'; readonly reason: Extract<BookGapReason, 'crossed' | 'unreadable' | 'diverged'> }
  | { readonly type: 'depth_low' }
)

export type BookSyncOutput =
  | { readonly type: 'request_snapshot'; readonly request: number; readonly purpose: SnapshotPurpose }
  /** Replace the book by this snapshot with these diffs on top of it. */
  | { readonly type: 'load'; readonly snapshot: BookSnapshot; readonly diffs: readonly BookDiff[]; readonly purpose: SnapshotPurpose }
  | { readonly type: 'apply'; readonly diff: BookDiff }
  /** Not applied: `old` and `duplicate` add nothing; `overflow` makes a newer snapshot necessary. */
  | { readonly type: 'drop'; readonly count: number; readonly reason: 'old' | 'duplicate' | 'overflow' }
  | { readonly type: 'refuse_snapshot'; readonly lastUpdateId: number; readonly reason: 'too_old' | 'hole' | 'not_needed' | 'abandoned' }
  | { readonly type: 'gap'; readonly gap: BookGap }
  | { readonly type: 'synchronised'; readonly updateId: number; readonly by: 'snapshot' | 'late_diffs'; readonly afterMs: number }

export function startBookSync(instrument: BookInstrument, options: Partial<BookSyncOptions> = {}): BookSyncState {
  return {
    instrument, options: { ...defaultBookSyncOptions, ...options }, status: 'synchronising', book: undefined, stream: undefined,
    kept: [], wanted: 'synchronise', request: undefined, requests: 0, abandonedRequests: 0, failures: 0, notBefore: 0,
    connectedAt: undefined, reconnected: false, synchronisedAt: undefined, unsynchronisedAt: undefined, ahead: undefined,
    deepenNotBefore: 0,
  }
}

/** The instant at which `syncBook` should get a `time` input if nothing else comes; undefined when it waits for nothing. */
export function nextWake(state: BookSyncState): number | undefined {
  if (state.request) return state.request.at + state.options.snapshotTimeoutMs
  return state.status === 'disconnected' || state.ahead ? undefined : requestDueAt(state)
}

/** When the next snapshot may be asked for; undefined when none is wanted, or not before a diff comes. */
export function requestDueAt(state: BookSyncState): number | undefined {
  if (!state.wanted) return undefined
  if (state.wanted === 'deepen') return Math.max(state.notBefore, state.deepenNotBefore)
  if (state.kept.length > 0) return state.notBefore
  return state.connectedAt === undefined ? undefined : Math.max(state.notBefore, state.connectedAt + state.options.quietMs)
}
