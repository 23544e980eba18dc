import { type BarGrid, ceilToInterval, type Gap, type Hole } from '@streamforge/contracts'

/** Holes of a dataset with their causes, in order of time. Adjacent parts of one hole with different causes are several holes. */
export interface ExplainedHoles {
  /** The first 1000. */
  holes: Hole[]
  holeCount: number
  missingAtSource: number
  lost: number
}

const shownHoles = 1000

export const noHoles = (): ExplainedHoles => ({ holes: [], holeCount: 0, missingAtSource: 0, lost: 0 })

/** Adds one hole to the account. Only what the venue has twice answered to be empty counts as missing at the source. */
export function addHole(account: ExplainedHoles, hole: Hole): void {
  if (hole.missing === 0) return
  account.holeCount++
  if (account.holes.length < shownHoles) account.holes.push(hole)
  if (hole.cause === 'exchange' || hole.cause === 'not_listed') account.missingAtSource += hole.missing
  else account.lost += hole.missing
}

/** Gaps sorted by `from`, and how far holes in order of time have used them: every gap is looked at about once. */
export interface GapCursor {
  readonly gaps: readonly Gap[]
  /** How many missing records each gap can still explain. */
  readonly unexplained: number[]
  next: number
}

export function gapCursor(gaps: readonly Gap[]): GapCursor {
  const sorted = gaps.toSorted((a, b) => a.from - b.from)
  return { gaps: sorted, unexplained: sorted.map((gap) => gap.missing), next: 0 }
}

/** Splits a hole of the candle grid into the parts that gaps explain and those that nothing does; a stretch without due bars is no part. */
export function explainCandleHole(hole: { from: number; to: number }, grid: BarGrid, cursor: GapCursor): Hole[] {
  const parts: Hole[] = []
  let position = hole.from
  const add = (to: number, cause: Hole['cause']) => {
    const missing = grid.count({ from: position, to })
    const before = parts.at(-1)
    // Shards report their own side of a hole that lies over their border: it is one hole.
    if (before?.cause === cause && before.to === position) parts[parts.length - 1] = { ...before, to, missing: before.missing + missing }
    else if (missing > 0) parts.push({ from: position, to, missing, cause })
    position = to
  }
  while (cursor.next < cursor.gaps.length && cursor.gaps[cursor.next]!.to <= hole.from) cursor.next++
  for (let index = cursor.next; index < cursor.gaps.length; index++) {
    const gap = cursor.gaps[index]!
    if (gap.from >= hole.to) break
    const from = ceilToInterval(Math.max(gap.from, position), grid.interval)
    const to = Math.min(gap.to, hole.to)
    if (to <= position || from >= to) continue
    if (from > position) add(from, 'lost')
    add(to, gap.cause)
  }
  if (position < hole.to) add(hole.to, 'lost')
  return parts
}

/**
 * Explains missing trade ids by the gaps that begin between the two trades around them: `from` is the time of the one before,
 * `to` of the one after. A gap says how many ids are missing, not which, so it explains as many as it counts, and the rest is
 * lost. A gap that begins with the hole may end after it: holes after trades of the same instant share one gap.
 */
export function explainTradeHole(hole: { from: number; to: number; missing: number }, cursor: GapCursor): Hole[] {
  const { gaps, unexplained } = cursor
  const parts: Hole[] = []
  let missing = hole.missing
  while (cursor.next < gaps.length && gaps[cursor.next]!.from < hole.from) cursor.next++
  for (let index = cursor.next; index < gaps.length && missing > 0; index++) {
    const gap = gaps[index]!
    if (gap.from > hole.to) break
    const explains = gap.from === hole.from || gap.to <= hole.to + 1
    const explained = explains ? Math.min(missing, unexplained[index]!) : 0
    if (explained === 0) continue
    unexplained[index]! -= explained
    parts.push({ from: gap.from, to: Math.min(gap.to, Math.max(hole.to, gap.from + 1)), missing: explained, cause: gap.cause })
    missing -= explained
  }
  if (missing > 0) parts.push({ from: hole.from, to: Math.max(hole.to, hole.from + 1), missing, cause: 'lost' })
  return parts
}

/** A live queue's own gaps after its newest record, of which the holes between records say nothing. */
export function trailingGaps({ gaps, unexplained }: GapCursor, queueId: string, newest: number): Gap[] {
  return gaps.filter((gap, index) => gap.queue_id === queueId && gap.from >= newest && unexplained[index]! > 0)
}
