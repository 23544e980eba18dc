import { StoredQueue, type TrainingRun } from '@streamforge/contracts'
import type { ModelRegistry } from '@streamforge/models'
import type { Store } from '@streamforge/store'
import type { Logger } from 'pino'

export interface AbandonedRunsParts {
  store: Store
  models: Pick<ModelRegistry, 'runs' | 'saveRun'>
  log: Logger
  /** Milliseconds since the epoch. */
  now: () => number
}

/** Newest runs that are looked through. */
const lookedThrough = 200

/**
 * Ends runs whose trainer could not: it was killed at its last attempt, or lost its store. What their queue came to is what became of them. One that is
 * tried again says `running` itself.
 */
export async function endAbandonedRuns(parts: AbandonedRunsParts): Promise<void> {
  const { store, models, log } = parts
  for (const run of await models.runs({ limit: lookedThrough })) {
    if (run.status !== 'running') continue
    const queue = StoredQueue.safeParse(await store.get('queues', run.queue_id)).data
    const ending = endingOf(queue, parts.now())
    if (!ending) continue
    await models.saveRun({ ...run, ...ending })
    log.info({ run_id: run.run_id, status: ending.status }, 'a training run that nobody goes on with was ended')
  }
}

/** Undefined: somebody may go on with it, or nothing is known of its queue. Pure. */
function endingOf(queue: StoredQueue | undefined, now: number): Pick<TrainingRun, 'status' | 'message' | 'finished_at'> | undefined {
  if (queue?.status !== 'failed' && queue?.status !== 'stopped') return undefined
  const error = queue.jobs.find((job) => job.error)?.error
  const message = error ? `${error.code}: ${error.message}` : `its queue ${queue.status === 'failed' ? 'has failed' : 'was stopped'}`
  return { status: queue.status, message, finished_at: queue.ended_at ?? now }
}
