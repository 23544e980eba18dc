import type { BookDiff, BookMarket, BookSnapshot } from '@streamforge/contracts'

/** A place in a stream of diffs: everything up to and with `id` is applied. */
export interface BookPosition {
  readonly id: number
  /** False straight after a snapshot, whose id lies anywhere between two diffs' ids. */
  readonly afterDiff: boolean
  readonly eventTime: number
}

/** `old`: adds nothing; `next`: may be applied; `gap`: something before it is missing. */
export type Relation = 'old' | 'next' | 'gap'

/**
 * How a diff relates to a position, by the venue's rule.
 *
 * Spot: ids count changes one by one, so a diff follows when `U <= id + 1 <= u`. (Two connections may cut the same changes into
 * different diffs. Quantities are absolute, so one that overlaps is applied whole.)
 *
 * Futures: ids skip, so only `pu` tells what came before: it must equal the last diff's `u`. After a snapshot the first diff must
 * span its id, `pu <= id <= u`. (The venue documents `U <= id`; between `pu` and `U` nothing happened, so this is the same
 * book. Without it a quiet market, whose snapshots mostly fall there, would never synchronise.)
 */
export function relationOf(market: BookMarket, position: BookPosition, diff: BookDiff): Relation {
  const { id } = position
  if (market === 'spot') {
    if (diff.final_update_id <= id) return 'old'
    return diff.first_update_id <= id + 1 ? 'next' : 'gap'
  }
  if (diff.final_update_id < id || (position.afterDiff && diff.final_update_id === id)) return 'old'
  const previous = diff.previous_final_update_id
  if (previous === undefined) return 'gap'
  return (position.afterDiff ? previous === id : previous <= id) ? 'next' : 'gap'
}

/** Whether a snapshot is older than the first diff at hand, so that what came between is in neither. */
export function isTooOld(market: BookMarket, snapshot: BookSnapshot, first: BookDiff): boolean {
  return snapshot.last_update_id < (market === 'spot' ? first.first_update_id : first.previous_final_update_id ?? Infinity)
}

export const positionOf = (diff: BookDiff): BookPosition =>
  ({ id: diff.final_update_id, afterDiff: true, eventTime: diff.event_time })

export const positionOfSnapshot = (snapshot: BookSnapshot): BookPosition =>
  ({ id: snapshot.last_update_id, afterDiff: false, eventTime: snapshot.event_time })

/**
 * The diffs of a sorted list that lead on from a position, or undefined when the list does not join it without a hole.
 */
export function chainFrom(market: BookMarket, start: BookPosition, sorted: readonly BookDiff[]): BookDiff[] | undefined {
  const chain: BookDiff[] = []
  let position = start
  for (const diff of sorted) {
    const relation = relationOf(market, position, diff)
    if (relation === 'gap') return undefined
    if (relation === 'old') continue
    chain.push(diff)
    position = positionOf(diff)
  }
  return chain
}
