import type { Store } from '@streamforge/store'
import { setTimeout as delay } from 'node:timers/promises'
import type { SupervisedService } from '../platform/supervised-service.ts'
import { readQueues, runningQueues, storedOf, type RunningQueue } from '../platform/running-queues.ts'
import type { Injected } from './inject.ts'

/** What has to be outdone for all to be well again: the state when a fault was over. */
export interface Before {
  readonly queues: readonly Pick<RunningQueue, 'queue_id' | 'jobs'>[]
}

export const lookBefore = async (store: Store): Promise<Before> => ({ queues: await runningQueues(store) })

/** On the way to recovery, each with the milliseconds since the fault was over. */
export interface Steps {
  /** The lost attempt is not taken for running any more. */
  readonly noticed?: number
  /** Its successor is being launched. */
  readonly relaunched?: number
  /** Every job that is concerned has said that it works. */
  readonly working?: number
  /** Every service answers. */
  readonly ready?: number
  /** Every queue that is concerned has stored more. */
  readonly stored?: number
}

/**
 * How far a queue is on its way back; pure. It works again when it has ended; or when all its jobs work, the attempt that had to be replaced is,
 * and records were stored since, or nothing is left to be stored.
 */
export function wayBack(queue: Pick<RunningQueue, 'status' | 'jobs'>, before: Pick<RunningQueue, 'jobs'>, replaced: Injected['replaced']): Record<'noticed' | 'relaunched' | 'working' | 'stored', boolean> {
  if (queue.status !== 'running') return { noticed: true, relaunched: true, working: true, stored: true }
  const job = replaced && queue.jobs.find(({ target }) => target === replaced.target)
  const relaunched = !replaced || !job || job.attempt > replaced.attempt || job.status === 'finished'
  const working = relaunched && queue.jobs.every(({ status }) => status === 'running' || status === 'finished')
  const allStored = queue.jobs.some(({ target, status }) => target === 'arango-connector' && status === 'finished')
  return { noticed: relaunched || job?.status !== 'running', relaunched, working, stored: working && (allStored || storedOf(queue) > storedOf(before)) }
}

export interface Recovery {
  /** False when it took too long. */
  readonly recovered: boolean
  readonly steps: Steps
}

export interface RecoveryLook {
  readonly store: Store
  /** Those that have to answer. */
  readonly services: Iterable<SupervisedService>
  readonly before: Before
  readonly replaced: Injected['replaced']
  /** Queues that another fault is about now: whether they work is its question. */
  readonly elsewhere?: ReadonlySet<string>
  readonly withinMs: number
  readonly everyMs?: number
  /** Milliseconds since the fault was over. */
  readonly sinceOver: () => number
}

/**
 * Resolves when every service answers and every queue that ran works again, or that took too long. Where none ran, the next one that comes has to store
 * something.
 */
export async function untilRecovered({ store, services, before, replaced, elsewhere, withinMs, everyMs = 100, sinceOver }: RecoveryLook): Promise<Recovery> {
  const giveUp = AbortSignal.timeout(withinMs)
  const all = [...services]
  const steps: { -readonly [Step in keyof Steps]: number } = {}
  let left = before.queues
  let nobodyRan = left.length === 0
  for (;;) {
    const ready = (await Promise.all(all.map((service) => service.isReady()))).every(Boolean)
    const now = new Map((await readQueues(store, left.map(({ queue_id: id }) => id)).catch(() => [])).map((queue) => [queue.queue_id, queue]))
    const states = left.map((queue) => ({ queue, state: stateOf(queue, now, replaced, elsewhere) }))
    if (nobodyRan) nobodyRan = !(await runningQueues(store).catch(() => [])).some((queue) => storedOf(queue) > 0)
    for (const step of replaced ? ['noticed', 'relaunched', 'working', 'stored'] as const : ['working', 'stored'] as const) {
      if (!nobodyRan && states.every(({ state }) => state[step])) steps[step] ??= sinceOver()
    }
    if (ready) steps.ready ??= sinceOver()
    left = states.filter(({ state }) => !state.stored).map(({ queue }) => queue)
    if (ready && left.length === 0 && !nobodyRan) return { recovered: true, steps }
    if (giveUp.aborted) return { recovered: false, steps }
    await delay(everyMs)
  }
}

const well = { noticed: true, relaunched: true, working: true, stored: true }
const unknown = { noticed: false, relaunched: false, working: false, stored: false }

function stateOf(queue: Before['queues'][number], now: ReadonlyMap<string, RunningQueue>, replaced: Injected['replaced'], elsewhere: RecoveryLook['elsewhere']): ReturnType<typeof wayBack> {
  if (elsewhere?.has(queue.queue_id)) return well
  const current = now.get(queue.queue_id)
  return current ? wayBack(current, queue, replaced?.queueId === queue.queue_id ? replaced : undefined) : unknown
}
