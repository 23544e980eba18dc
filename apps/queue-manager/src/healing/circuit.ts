import type { ErrorCode, HealedJob, HealingCircuit, StoredQueue, Target } from '@streamforge/contracts'
import { backoffMs } from './backoff.ts'

export interface CircuitPolicy {
  /** So many different queues that fail of one cause within the window, and nobody succeeding between, open its circuit. */
  queues: number
  windowMs: number
  /** How long it stays open the first time, and at most. */
  openMs: number
  maxOpenMs: number
  /** A probe that neither fails nor gets anywhere within this time leaves its place to another. */
  probeMs: number
}

const venueCodes: ReadonlySet<ErrorCode> = new Set(['VENUE_UNREACHABLE', 'VENUE_RATE_LIMITED', 'VENUE_BANNED', 'VENUE_BAD_RESPONSE', 'ARCHIVE_CHECKSUM'])
const sharedCauses: Readonly<Partial<Record<ErrorCode, string>>> = {
  STORE_UNAVAILABLE: 'store', STORE_CONFLICT: 'store', BUS_UNAVAILABLE: 'bus', REGISTRY_UNAVAILABLE: 'registry', LAUNCH_FAILED: 'launcher',
}

/** Which cause, shared by many, an error points to; undefined: it is the worker's own. */
export function circuitOf(queue: Pick<StoredQueue, 'venue'>, code: ErrorCode): string | undefined {
  return venueCodes.has(code) ? `venue-${queue.venue}` : sharedCauses[code]
}

/** The causes that are not there where this worker gets on. */
export function circuitsThatWork(queue: Pick<StoredQueue, 'venue'>, target: Target): string[] {
  return target === 'loader-producer' ? [`venue-${queue.venue}`, 'bus', 'launcher'] : ['store', 'bus', 'registry', 'launcher']
}

export const closedCircuit = (circuit: string): HealingCircuit => ({ circuit, state: 'closed', failures: [], openings: 0, reason: 'nothing has failed' })

interface Chance {
  policy: CircuitPolicy
  /** Uniform in [0, 1). */
  random: () => number
}

/** A worker failed of this cause. While the circuit is open that says nothing new; while it is half open only the probe counts. */
export function onFailure(circuit: HealingCircuit, failed: HealedJob & { at: number; message: string }, chance: Chance): HealingCircuit {
  const { queue_id, at, message } = failed
  switch (circuit.state) {
    case 'open': return circuit
    case 'half_open': return isProbe(circuit, failed) ? open(circuit, at, `the probe failed: ${message}`, chance) : circuit
    case 'closed': {
      const others = circuit.failures.filter((f) => f.queue_id !== queue_id && at - f.at <= chance.policy.windowMs)
      const failures = [...others, { queue_id, at }]
      if (failures.length < chance.policy.queues) return { ...circuit, failures }
      return open({ ...circuit, openings: 0 }, at, `${failures.length} queues failed of it within ${Math.round(chance.policy.windowMs / 1000)} s; the last: ${message}`, chance)
    }
    default: return circuit.state satisfies never
  }
}

function open({ circuit, openings, probe }: HealingCircuit, at: number, reason: string, { policy, random }: Chance): HealingCircuit {
  const until = at + backoffMs(openings + 1, { initialMs: policy.openMs, maxMs: policy.maxOpenMs }, random)
  return { circuit, state: 'open', failures: [], openings: openings + 1, opened_at: at, until, reason, ...(probe && { probe }) }
}

/** A worker got on that needs what the circuit is about. What comes while it is open may be from before. */
export function onSuccess(circuit: HealingCircuit, { queue_id, target }: HealedJob): HealingCircuit {
  if (circuit.state === 'half_open') return { ...closedCircuit(circuit.circuit), reason: `${target} of ${queue_id} gets on again` }
  return circuit.state === 'closed' && circuit.failures.length > 0 ? { ...circuit, failures: [] } : circuit
}

/** Time passes: an open circuit lets one of those that wait for it try; with nobody waiting it is forgotten. */
export function onTime(circuit: HealingCircuit, now: number, waiting: readonly HealedJob[], policy: CircuitPolicy): HealingCircuit {
  const due = circuit.state === 'open' ? isOver(circuit.until, now, policy.maxOpenMs) : circuit.state === 'half_open' && isOver((circuit.probe?.since ?? 0) + policy.probeMs + 1, now, policy.probeMs + 1)
  if (!due) return circuit
  const next = afterProbe(waiting, circuit.probe)
  if (!next) return { ...closedCircuit(circuit.circuit), reason: 'nobody waits for it any more' }
  return { ...circuit, state: 'half_open', probe: { ...next, since: now }, reason: `${next.target} of ${next.queue_id} tries whether it works again` }
}

/** A time that lies farther ahead than any that is set was set before somebody set the clock back. */
const isOver = (time = 0, now: number, longestMs: number) => now >= time || time - now > longestMs

/** In turn, so that one that can never succeed does not keep the others waiting. */
function afterProbe(waiting: readonly HealedJob[], last: HealedJob | undefined): HealedJob | undefined {
  const place = waiting.findIndex((job) => last && isSame(job, last))
  const next = waiting[(place + 1) % waiting.length]
  return next && { queue_id: next.queue_id, target: next.target }
}

const isSame = (a: HealedJob, b: HealedJob) => a.queue_id === b.queue_id && a.target === b.target
export const isProbe = (circuit: HealingCircuit, job: HealedJob) => circuit.state === 'half_open' && circuit.probe !== undefined && isSame(circuit.probe, job)
