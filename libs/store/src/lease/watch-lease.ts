import type { StoredLease } from '@streamforge/contracts'

/** What was seen of a lease, and since when it has been like that by the own clock. */
export interface SeenLease {
  lease: StoredLease | undefined
  /** Milliseconds of a clock that never jumps. */
  since: number
}

/** Seeing the same version again leaves the time as it is: that is how long its holder has been silent. */
export function seeLease(before: SeenLease | undefined, lease: StoredLease | undefined, at: number): SeenLease {
  const same = before !== undefined && before.lease?.version === lease?.version && before.lease?.epoch === lease?.epoch
  return same ? { lease, since: before.since } : { lease, since: at }
}

/**
 * Whether a lease may be taken: nobody has it, its holder gave it back, is certainly gone, or has not renewed it for as long as it lasts. Clocks
 * of two machines are never compared: the waiting is by the own one, from when this version was first seen.
 */
export function mayTake({ lease, since }: SeenLease, at: number, isGone: (holder: StoredLease['holder']) => boolean): boolean {
  if (!lease || lease.released) return true
  return at - since >= lease.ttl_ms || isGone(lease.holder)
}
