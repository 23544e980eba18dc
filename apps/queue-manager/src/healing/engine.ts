import { healingCircuitsCollection, type HealedJob, type HealingCircuit, type HealingDecision, type StoredQueue } from '@streamforge/contracts'
import type { Bus } from '@streamforge/bus'
import type { Store } from '@streamforge/store'
import type { Logger } from 'pino'
import type { Leadership } from '../leadership/fencing.ts'
import type { LiveWorkflows } from '../orchestrator/live-workflows.ts'
import { retrying } from '../orchestrator/retrying.ts'
import { circuitOf, closedCircuit, onFailure, onSuccess, onTime, type CircuitPolicy } from './circuit.ts'
import type { HealingView } from './decide-relaunch.ts'
import { openHealingRecords, readCircuits, recordHealing } from './decision-records.ts'
import { observeChange } from './observe-change.ts'
import { relaunchesWithinHour, relaunchLimit } from './relaunch-budget.ts'

export interface HealingPolicy {
  circuits: CircuitPolicy
  /** Relaunches that a workflow may have within an hour, at least. */
  budget: number
}

export const healingDefaults: HealingPolicy = {
  circuits: { queues: 2, windowMs: 60_000, openMs: 5_000, maxOpenMs: 60_000, probeMs: 60_000 }, budget: 500,
}

export interface HealingEngine {
  readonly view: HealingView
  /** A queue has changed, and the change is stored. */
  observe(before: StoredQueue, after: StoredQueue): void
  /** Time passes: open circuits let somebody try. */
  tick(now: number): void
  /** Circuits that are not closed. */
  open(): HealingCircuit[]
  close(): Promise<void>
}

export interface HealingParts {
  store: Store
  bus: Bus
  live: Pick<LiveWorkflows, 'all' | 'peek'>
  leadership: Leadership
  policy: HealingPolicy
  log: Logger
  now: () => number
  random: () => number
  signal: AbortSignal
  onDecision: (decision: HealingDecision) => void
}

/** Knows of causes that many workers share. What one queue's state decides alone is decided with it: see decide-relaunch.ts. */
export async function openHealing(parts: HealingParts): Promise<HealingEngine> {
  const { store, live, policy, now, random, log } = parts
  await openHealingRecords(store)
  const circuits = new Map((await readCircuits(store)).map((circuit) => [circuit.circuit, circuit]))
  const save = circuitSaver(parts)
  const chance = { policy: policy.circuits, random }

  const change = (name: string, step: (circuit: HealingCircuit) => HealingCircuit) => {
    const before = circuits.get(name) ?? closedCircuit(name)
    const after = step(before)
    if (after === before) return
    circuits.set(name, after)
    if (after.state === before.state && after.probe === before.probe) return
    log.info({ circuit: name, state: after.state, reason: after.reason, until: after.until }, 'a circuit changed')
    save(after)
  }
  const isOpen = ({ state }: HealingCircuit) => state !== 'closed'
  return {
    view: {
      circuit(queue, code) {
        const name = circuitOf(queue, code)
        const circuit = name === undefined ? undefined : circuits.get(name)
        return circuit && isOpen(circuit) ? circuit : undefined
      },
      relaunches: (queue) => relaunchesOf(live.peek(queue.workflow_id)?.queues.values() ?? [queue], policy.budget, now()),
    },
    observe(before, after) {
      for (const { what, job, circuit, ...more } of observeChange(before, after)) {
        if (what === 'works') change(circuit, (c) => onSuccess(c, job))
        else change(circuit, (c) => onFailure(c, { ...job, at: now(), message: (more as { message: string }).message }, chance))
      }
    },
    tick(at) {
      for (const circuit of [...circuits.values()].filter(isOpen)) {
        change(circuit.circuit, (c) => onTime(c, at, waitingFor(circuit.circuit, live.all()), policy.circuits))
      }
    },
    open: () => [...circuits.values()].filter(isOpen),
    close: () => save.settled(),
  }
}

/** Of a workflow, by its queues. */
export function relaunchesOf(queues: Iterable<StoredQueue>, budget: number, now: number): { spent: number; limit: number } {
  let spent = 0
  let count = 0
  for (const { relaunches } of queues) {
    spent += relaunchesWithinHour(relaunches, now)
    count++
  }
  return { spent, limit: relaunchLimit(budget, count) }
}

/** Workers whose last error points to the circuit, in the order of their queues. A probe that was launched waits no more. */
function waitingFor(circuit: string, workflows: ReturnType<LiveWorkflows['all']>): HealedJob[] {
  return workflows.flatMap(({ queues }) => [...queues.values()].filter(({ status }) => status === 'running').flatMap((queue) => queue.jobs
    .filter((job) => job.status === 'waiting' && job.error && circuitOf(queue, job.error.code) === circuit)
    .map(({ target }) => ({ queue_id: queue.queue_id, target }))))
}

const actions = { open: 'circuit_opened', half_open: 'circuit_probed', closed: 'circuit_closed' } as const

/** Stores circuits and tells of them, one after another, however long the store or the bus is away: they may be what the circuit is about. */
function circuitSaver({ store, bus, leadership, now, random, signal, log, onDecision }: HealingParts) {
  let tail: Promise<void> = Promise.resolve()
  let version = 0
  const save = (circuit: HealingCircuit) => {
    const at = now()
    const { circuit: name, state, reason, until } = circuit
    const decision: HealingDecision = {
      decision_id: `${name}-${state}-${at}`, at, action: actions[state], reason, circuit: name,
      ...(leadership.epoch > 0 && { epoch: leadership.epoch }), ...(until !== undefined && state === 'open' && { relaunch_at: until }),
    }
    onDecision(decision)
    tail = tail.then(() => retrying(async () => {
      leadership.assertHeld()
      await store.writeBatch(healingCircuitsCollection, [{ ...circuit, _key: name, version: at + version++ }])
      await recordHealing(decision, { store, bus })
    }, { signal, random, onFailure: (err) => log.warn({ err, circuit: name }, 'a circuit could not be stored; trying again') })).catch(() => undefined)
  }
  return Object.assign(save, { settled: () => tail })
}
