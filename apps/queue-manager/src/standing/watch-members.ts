import type { StandingMember } from '@streamforge/contracts'

export interface MemberWatch {
  /** Takes in what is stored now. */
  see(members: readonly StandingMember[], at: number): void
  /** Whether a member has been silent for too long while we looked; one that has no document is. */
  isGone(instance: string): boolean
  /** Those of the last look that have been silent for too long. */
  gone(): string[]
  /** Of those that certainly live: they gave a sign of life while we looked, and lately. */
  images(): ReadonlySet<string>
}

interface Seen { image: string; version: number; silentMs: number; beat: boolean }

/**
 * Tells who lives by whether signs of life come, by our own clock alone. Time in which we could not look is not counted against anyone: while the store is
 * away nobody can give a sign.
 * @param ttlMs milliseconds of silence, in which we looked, after which a member is gone
 * @param lookMs milliseconds between looks at most that count
 */
export function watchMembers({ ttlMs, lookMs }: { ttlMs: number; lookMs: number }): MemberWatch {
  let seen = new Map<string, Seen>()
  let last: number | undefined
  const silence = (known: Seen | undefined) => known?.silentMs ?? 0
  return {
    see(members, at) {
      const passed = last === undefined ? 0 : Math.min(at - last, lookMs)
      last = at
      const next = new Map<string, Seen>()
      for (const { _key, version, image } of members) {
        const before = seen.get(_key)
        const changed = before !== undefined && before.version !== version
        next.set(_key, { image, version, silentMs: changed ? 0 : silence(before) + passed, beat: changed || (before?.beat ?? false) })
      }
      seen = next
    },
    // Whoever left has deleted its document; what it had is nobody's.
    isGone: (instance) => last !== undefined && (silence(seen.get(instance)) >= ttlMs || !seen.has(instance)),
    gone: () => [...seen].filter(([, { silentMs }]) => silentMs >= ttlMs).map(([instance]) => instance),
    images: () => new Set([...seen.values()].filter(({ beat, silentMs }) => beat && silentMs < ttlMs).map(({ image }) => image)),
  }
}
