import type { BookDiff } from '@streamforge/contracts'

/** Diffs that wait for a snapshot, in the order of their ids and each once. */
export type KeptDiffs = readonly BookDiff[]

export interface Kept {
  readonly diffs: KeptDiffs
  /** The diff was there already. */
  readonly duplicate: boolean
  /** How many of the oldest had to go to make room. */
  readonly overflowed: number
}

/**
 * Puts a diff in its place. Beyond `limit` the oldest go: a snapshot newer than them is needed then, which is what one will be
 * when it comes so late. What goes from here is lost to the synchronisation only; the loader has published every diff.
 */
export function keepDiff(diffs: KeptDiffs, diff: BookDiff, limit: number): Kept {
  let at = diffs.length
  while (at > 0 && isAfter(diffs[at - 1]!, diff)) at--
  const before = diffs[at - 1]
  if (before && before.final_update_id === diff.final_update_id && before.first_update_id === diff.first_update_id) {
    return { diffs, duplicate: true, overflowed: 0 }
  }
  const kept = [...diffs.slice(0, at), diff, ...diffs.slice(at)]
  const overflowed = Math.max(0, kept.length - limit)
  return { diffs: overflowed > 0 ? kept.slice(overflowed) : kept, duplicate: false, overflowed }
}

/** By final id, then the longer span first: it makes the shorter one superfluous. */
function isAfter(a: BookDiff, b: BookDiff): boolean {
  if (a.final_update_id !== b.final_update_id) return a.final_update_id > b.final_update_id
  return a.first_update_id > b.first_update_id
}
