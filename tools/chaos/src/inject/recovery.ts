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

/**
 * Whether a queue works again: it has ended; or all its jobs work, the attempt that had to be replaced is, and records were stored since, or
 * nothing is left to be stored. Pure.
 */
export function worksAgain(queue: Pick<RunningQueue, 'status' | 'jobs'>, before: Pick<RunningQueue, 'jobs'>, replaced: Injected['replaced']): boolean {
  if (queue.status !== 'running') return true
  if (!queue.jobs.every(({ status }) => status === 'running' || status === 'finished')) return false
  const successor = replaced && queue.jobs.find(({ target }) => target === replaced.target)
  if (replaced && successor && successor.attempt <= replaced.attempt && successor.status !== 'finished') return false
  return storedOf(queue) > storedOf(before) || queue.jobs.some(({ target, status }) => target === 'arango-connector' && status === 'finished')
}

/** Resolves true when every service answers and every queue that ran works again; false when that took too long. */
export async function untilRecovered(
  { store, services, before, replaced, withinMs, everyMs = 100 }:
  { store: Store; services: Iterable<SupervisedService>; before: Before; replaced: Injected['replaced']; withinMs: number; everyMs?: number },
): Promise<boolean> {
  const giveUp = AbortSignal.timeout(withinMs)
  const all = [...services]
  let left = before.queues
  for (;;) {
    const ready = await Promise.all(all.map((service) => service.isReady()))
    const now = await readQueues(store, left.map(({ queue_id: id }) => id)).catch(() => [])
    left = left.filter((queue) => {
      const current = now.find(({ queue_id: id }) => id === queue.queue_id)
      return !current || !worksAgain(current, queue, replaced?.queueId === queue.queue_id ? replaced : undefined)
    })
    if (ready.every(Boolean) && left.length === 0) return true
    if (giveUp.aborted) return false
    await delay(everyMs)
  }
}
