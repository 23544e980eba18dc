import { seededRandom, type Random } from '@streamforge/market'
import { poisons, type Fault, type FaultKind, type Kind, type Link, type LongRunning, type PoisonedTopic, type SkewedApp } from './fault.ts'

export interface PlanOptions {
  readonly seed: number
  readonly count: number
  /** Those that can be had where it runs. */
  readonly kinds: readonly Kind[]
  readonly links: readonly Link[]
}

/** The longest that a fault lasts by itself, milliseconds. */
export const longestMs = 4_000
const shortestMs = 500
const longestPauseMs = 1_000

/**
 * The schedule of faults: a pure function of its arguments, and a longer one begins with the shorter. In rounds in which every kind comes
 * once, in another order each time, so that of `count` faults each kind has its share.
 */
export function planFaults({ seed, count, kinds, links }: PlanOptions): Fault[] {
  const faults: Fault[] = []
  for (let round = 0; faults.length < count && kinds.length > 0; round++) {
    const random = seededRandom(seed, 'round', round)
    for (const kind of shuffled(kinds, random)) {
      // Drawn in every case, in this order: what one kind needs does not move the next.
      const own = seededRandom(seed, 'fault', round, kind)
      faults.push({ index: faults.length, afterMs: Math.round(own() * longestPauseMs), pick: own(), ...draw(kind, own, links) })
    }
  }
  return faults.slice(0, count)
}

function draw(kind: Kind, random: Random, links: readonly Link[]): FaultKind {
  const forMs = Math.round(shortestMs + random() * (longestMs - shortestMs))
  const service = one<LongRunning>(['queue-manager', 'store-server'], random)
  const link = one(links, random)
  switch (kind) {
    case 'kill-job': case 'freeze-job': case 'double-launch': return { kind }
    case 'kill-service': return { kind, service }
    case 'pause-job': case 'kill-broker': case 'fill-disk': return { kind, forMs }
    case 'pause-service': return { kind, service, forMs }
    case 'zombie-job': return { kind, wokenAfterMs: Math.round(random() * 2_000) }
    case 'network-delay': return { kind, link, delayMs: Math.round(20 + random() * 480), forMs }
    case 'network-cut': case 'network-partition': return { kind, link, forMs }
    case 'network-bandwidth': return { kind, link, bytesPerSecond: Math.round(20_000 + random() * 180_000), forMs }
    case 'skew-clock': {
      const app = one<SkewedApp>(['queue-manager', 'store-server', 'loader-api', 'arango-connector'], random)
      return { kind, app, byMs: one([-3_600_000, -30_000, -2_000, 2_000, 30_000, 3_600_000], random), forMs }
    }
    case 'poison': return { kind, topic: one<PoisonedTopic>(['data', 'data', 'queue-events', 'queue-control'], random), poison: one(poisons, random) }
    default: return kind satisfies never
  }
}

const one = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)]!

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const rest = [...list]
  return list.map(() => rest.splice(Math.floor(random() * rest.length), 1)[0]!)
}
