import type { BookDiff, BookGapReason, BookSnapshot } from '@streamforge/contracts'
import { chainFrom, isTooOld, positionOf, positionOfSnapshot, relationOf, type BookPosition } from './follow-rule.ts'
import { keepDiff } from './kept-diffs.ts'
import { requestDueAt, type BookSyncInput, type BookSyncOutput, type BookSyncState } from './sync-state.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** One call's working copy: the state given stays as it was. */
interface Step {
  readonly state: Mutable<BookSyncState>
  readonly outputs: BookSyncOutput[]
  readonly now: number
}

/**
 * Keeps a local order book in step with its venue: decides what to do with each input and never touches a book itself.
 *
 * - Diffs that follow on are applied; older ones are dropped; a hole is a gap: it is announced, the book is unknown from
 *   there, and diffs are kept until a snapshot joins them without a hole or late diffs fill it.
 * - A snapshot older than the first kept diff is refused and another asked for, at growing intervals.
 * - After a disconnection the book counts as unknown until ids prove that nothing was missed, or a snapshot comes.
 * - A request to deepen leaves the book valid while it is on its way.
 *
 * Outputs must be carried out in order. Pure.
 */
export function syncBook(state: BookSyncState, input: BookSyncInput): { state: BookSyncState; outputs: BookSyncOutput[] } {
  const step: Step = { state: { ...state }, outputs: [], now: input.now }
  switch (input.type) {
    case 'diff': onDiff(step, input.diff); break
    case 'snapshot': onSnapshot(step, input.snapshot, input.request); break
    case 'snapshot_failed':
      if (step.state.request?.id === input.request) backOff(step)
      break
    case 'connected': onConnected(step); break
    case 'disconnected': onDisconnected(step); break
    case 'faulty': onFaulty(step, input.reason); break
    case 'depth_low':
      if (step.state.status === 'synchronised' && step.now >= step.state.deepenNotBefore) step.state.wanted ??= 'deepen'
      break
    case 'time': break
    default: input satisfies never
  }
  requestSnapshotIfDue(step)
  return { state: step.state, outputs: step.outputs }
}

function onDiff(step: Step, diff: BookDiff): void {
  const { state, outputs } = step
  if (countsAnew(state, diff)) forgetIds(step, diff)
  const announced = followStream(step, diff)
  if (state.status !== 'synchronised' || !state.book) return keepAndResume(step, diff)
  switch (relationOf(state.instrument.market, state.book, diff)) {
    case 'old':
      outputs.push({ type: 'drop', count: 1, reason: 'old' })
      break
    case 'gap':
      if (!announced) announceGap(step, 'sequence', state.book, diff)
      loseBook(step)
      keep(step, diff)
      break
    case 'next':
      outputs.push({ type: 'apply', diff })
      state.book = positionOf(diff)
      if (state.failures > 0 && isStable(step)) state.failures = 0
      if (state.wanted === 'deepen') {
        keep(step, diff)
        deepen(step)
      }
      break
  }
}

/** Advances the stream's position; announces what is missing before this diff. Returns whether something is. */
function followStream(step: Step, diff: BookDiff): boolean {
  const { state } = step
  const relation = state.stream ? relationOf(state.instrument.market, state.stream, diff) : 'next'
  if (relation === 'old') return false
  if (relation === 'gap') announceGap(step, state.reconnected ? 'reconnect' : 'sequence', state.stream!, diff)
  state.stream = positionOf(diff)
  state.reconnected = false
  return relation === 'gap'
}

function keepAndResume(step: Step, diff: BookDiff): void {
  keep(step, diff)
  if (step.state.status === 'synchronising') resume(step)
}

function keep(step: Step, diff: BookDiff): void {
  const kept = keepDiff(step.state.kept, diff, step.state.options.keepLimit)
  step.state.kept = kept.diffs
  // Kept to deepen a valid book, it has been applied already: nothing of it is dropped.
  if (step.state.status === 'synchronised') return
  if (kept.duplicate) step.outputs.push({ type: 'drop', count: 1, reason: 'duplicate' })
  if (kept.overflowed > 0) step.outputs.push({ type: 'drop', count: kept.overflowed, reason: 'overflow' })
}

/** Goes on without a snapshot where the kept diffs follow on from the book: late ones came, or a new connection missed nothing. */
function resume(step: Step): void {
  const { state, outputs } = step
  if (!state.book) return
  const chain = chainFrom(state.instrument.market, state.book, state.kept)
  const last = chain?.at(-1)
  if (!chain || !last) return
  const old = state.kept.length - chain.length
  if (old > 0) outputs.push({ type: 'drop', count: old, reason: 'old' })
  for (const diff of chain) outputs.push({ type: 'apply', diff })
  becomeSynchronised(step, positionOf(last), 'late_diffs')
}

function onSnapshot(step: Step, snapshot: BookSnapshot, request: number): void {
  const { state } = step
  if (request <= state.abandonedRequests) return refuse(step, snapshot, 'abandoned')
  if (state.request?.id === request) state.request = undefined
  if (state.status === 'disconnected') return refuse(step, snapshot, 'not_needed')
  if (state.status === 'synchronising') return synchronise(step, snapshot)
  if (state.wanted !== 'deepen') return refuse(step, snapshot, 'not_needed')
  state.ahead = snapshot
  deepen(step)
}

function synchronise(step: Step, snapshot: BookSnapshot): void {
  const { state, outputs } = step
  const { market } = state.instrument
  const first = state.kept[0]
  const tooOld = first !== undefined && isTooOld(market, snapshot, first)
  const chain = tooOld ? undefined : chainFrom(market, positionOfSnapshot(snapshot), state.kept)
  if (!chain) {
    backOff(step)
    return refuse(step, snapshot, tooOld ? 'too_old' : 'hole')
  }
  outputs.push({ type: 'load', snapshot, diffs: chain, purpose: 'synchronise' })
  const old = state.kept.length - chain.length
  if (old > 0) outputs.push({ type: 'drop', count: old, reason: 'old' })
  const last = chain.at(-1)
  becomeSynchronised(step, last ? positionOf(last) : positionOfSnapshot(snapshot), 'snapshot')
}

function becomeSynchronised(step: Step, book: BookPosition, by: 'snapshot' | 'late_diffs'): void {
  const { state, now } = step
  state.status = 'synchronised'
  state.book = book
  state.kept = []
  state.wanted = undefined
  state.synchronisedAt = now
  step.outputs.push({ type: 'synchronised', updateId: book.id, by, afterMs: now - (state.unsynchronisedAt ?? now) })
  state.unsynchronisedAt = undefined
}

/** Rebuilds the valid book from a newer, wider snapshot and the diffs since. The stream must have reached the snapshot first. */
function deepen(step: Step): void {
  const { state, outputs, now } = step
  const { ahead: snapshot, book } = state
  if (!snapshot || !book || snapshot.last_update_id > book.id) return
  state.ahead = undefined
  const chain = chainFrom(state.instrument.market, positionOfSnapshot(snapshot), state.kept)
  const reached = chain?.at(-1)?.final_update_id ?? snapshot.last_update_id
  if (!chain || reached !== book.id) {
    backOff(step)
    return refuse(step, snapshot, 'too_old')
  }
  outputs.push({ type: 'load', snapshot, diffs: chain, purpose: 'deepen' })
  state.kept = []
  state.wanted = undefined
  state.deepenNotBefore = now + state.options.deepenIntervalMs
}

function onConnected(step: Step): void {
  onDisconnected(step)
  step.state.status = 'synchronising'
  step.state.connectedAt = step.now
  resume(step)
}

function onDisconnected(step: Step): void {
  const { state } = step
  if (state.status === 'synchronised') unsynchronise(step)
  state.status = 'disconnected'
  state.reconnected = state.stream !== undefined
}

function onFaulty(step: Step, reason: BookGapReason): void {
  const { state, outputs, now } = step
  const at = state.book
  if (!at) return
  const { id, eventTime } = at
  outputs.push({ type: 'gap', gap: {
    kind: 'book_gap', ...state.instrument, expected_id: id + 1, got_id: id, from: eventTime, to: eventTime, reason, known_time: now,
  } })
  loseBook(step)
  state.book = undefined
}

/** The book is unknown from here; the diffs kept to deepen it are all in it. */
function loseBook(step: Step): void {
  const { state } = step
  const soon = !isStable(step) && state.synchronisedAt !== undefined
  unsynchronise(step)
  // A book that is lost again and again must not use up the venue's limits.
  if (soon && !state.request) backOff(step)
}

function unsynchronise(step: Step): void {
  const { state } = step
  state.status = 'synchronising'
  state.wanted = 'synchronise'
  state.kept = []
  state.ahead = undefined
  state.unsynchronisedAt ??= step.now
}

const isStable = ({ state, now }: Step) =>
  state.synchronisedAt !== undefined && now - state.synchronisedAt >= state.options.retryMaximumMs

function countsAnew(state: BookSyncState, diff: BookDiff): boolean {
  return state.stream !== undefined && diff.final_update_id <= state.stream.id
    && diff.event_time > state.stream.eventTime + state.options.idResetMs
}

/** Ids began anew: nothing known before can be compared with what comes. */
function forgetIds(step: Step, diff: BookDiff): void {
  const { state } = step
  announceGap(step, 'id_reset', state.stream!, diff)
  if (state.status === 'synchronised') loseBook(step)
  state.kept = []
  state.book = undefined
  state.stream = undefined
  state.request = undefined
  state.abandonedRequests = state.requests
}

function announceGap(step: Step, reason: BookGapReason, after: BookPosition, diff: BookDiff): void {
  const { instrument } = step.state
  const spot = instrument.market === 'spot'
  step.outputs.push({ type: 'gap', gap: {
    kind: 'book_gap', ...instrument,
    expected_id: spot ? after.id + 1 : after.id,
    got_id: spot ? diff.first_update_id : diff.previous_final_update_id ?? diff.first_update_id,
    from: Math.min(after.eventTime, diff.event_time), to: diff.event_time, reason, known_time: step.now,
  } })
}

function refuse(step: Step, snapshot: BookSnapshot, reason: Extract<BookSyncOutput, { type: 'refuse_snapshot' }>['reason']): void {
  step.outputs.push({ type: 'refuse_snapshot', lastUpdateId: snapshot.last_update_id, reason })
}

function backOff({ state, now }: Step): void {
  state.request = undefined
  state.failures++
  const { retryMinimumMs, retryMaximumMs } = state.options
  state.notBefore = now + Math.min(retryMaximumMs, retryMinimumMs * 2 ** (state.failures - 1))
}

function requestSnapshotIfDue(step: Step): void {
  const { state, now } = step
  if (state.request && now >= state.request.at + state.options.snapshotTimeoutMs) {
    if (state.wanted) backOff(step)
    else state.request = undefined
  }
  if (!state.wanted || state.request || state.ahead || state.status === 'disconnected') return
  const due = requestDueAt(state)
  if (due === undefined || now < due) return
  state.requests++
  state.request = { id: state.requests, at: now }
  step.outputs.push({ type: 'request_snapshot', request: state.requests, purpose: state.wanted })
}
