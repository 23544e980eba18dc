import { type FeedRun, type FeedState, type FeedTotals, type NewsArticle, type Quote, recentFeedRuns, type StockDetails } from '@streamforge/contracts'
import type { Feed } from '../feed-file/feed.ts'
import type { Validators } from '../fetching/fetch-safely.ts'
import { type Known, nothingKnown } from '../run/keep-new.ts'

/** What a run brought and that may not have been sent yet. */
export interface Outbox {
  readonly quotes: readonly Quote[]
  readonly articles: readonly NewsArticle[]
  readonly details: StockDetails | null
  readonly run: FeedRun
}

export interface Memory {
  readonly known: Known
  readonly validators: Readonly<Record<string, Validators>>
  readonly outbox: Outbox | null
}

/** A feed's state as the store holds it. */
export interface FeedDocument extends FeedState {
  readonly memory: Memory
  [field: string]: unknown
}

const noTotals: FeedTotals = { runs: 0, failures: 0, requests: 0, retries: 0, not_modified: 0, bytes: 0, records: 0, unchanged: 0, rejected: 0, faults: {} }

/** A feed's state under its entry as it is now: as before, or of a new feed. What another source answered is forgotten. */
export function documentOf(feed: Feed, before: FeedDocument | undefined, now: number): FeedDocument {
  const { entry, name, kind, parser, host } = feed
  const described = { _key: name, name, entry, kind, parser, host, updated_at: now }
  if (!before) {
    return {
      ...described, status: entry.paused ? 'paused' : 'waiting', paused: entry.paused ?? false, consecutive_failures: 0, recent: [], totals: noTotals,
      memory: { known: nothingKnown, validators: {}, outbox: null },
    }
  }
  const sameSource = before.entry.endpoint === entry.endpoint && before.parser === parser && before.kind === kind
    && JSON.stringify(before.entry.symbols) === JSON.stringify(entry.symbols)
  const status = before.status === 'removed' ? (before.paused ? 'paused' as const : 'waiting' as const) : before.status
  return { ...before, ...described, status, memory: sameSource ? before.memory : { ...before.memory, validators: {} } }
}

/** Adds what one run came to. Pure. */
export function withRun(document: FeedDocument, run: FeedRun, memory: Memory, more: { skewMs: number | undefined; open: boolean }): FeedDocument {
  const { consecutive_failures: failures, last_error: _, ...rest } = document
  const failed = run.error !== undefined
  const ended = run.known_time
  return {
    ...rest, memory, last_run: run, updated_at: ended,
    status: document.status === 'removed' ? 'removed' : document.paused ? 'paused' : failed ? 'failing' : more.open ? 'waiting' : 'closed',
    consecutive_failures: failed ? failures + 1 : 0,
    ...(!failed && { last_success_at: ended }),
    ...(run.error ? { last_error: { ...run.error, at: ended } } : document.last_error && { last_error: document.last_error }),
    ...(more.skewMs !== undefined && { clock_skew_ms: more.skewMs }),
    recent: [run, ...document.recent].slice(0, recentFeedRuns),
    totals: addRun(document.totals, run),
  }
}

function addRun(totals: FeedTotals, run: FeedRun): FeedTotals {
  const faults = { ...totals.faults }
  for (const [code, count] of Object.entries(run.faults)) faults[code] = (faults[code] ?? 0) + count
  return {
    runs: totals.runs + 1, failures: totals.failures + (run.error ? 1 : 0), requests: totals.requests + run.requests, retries: totals.retries + run.retries,
    not_modified: totals.not_modified + run.not_modified, bytes: totals.bytes + run.bytes, records: totals.records + run.records,
    unchanged: totals.unchanged + run.unchanged, rejected: totals.rejected + run.rejected, faults,
  }
}
