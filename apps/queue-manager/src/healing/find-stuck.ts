import type { StoredQueue } from '@streamforge/contracts'
import { hasEnded, isActive, isLive, type StoredJob } from '../queue/queue-input.ts'

/** Why a worker that sends heartbeats is of no use all the same, and since when; undefined: it is, or has nothing to do. */
export interface Stuck {
  since: number
  why: string
}

/**
 * A loader of history and a stage have something to do until they end. A connector has while its loader is ahead of it, or has ended. A live
 * market may be quiet for hours, so that a live loader is judged by its connection.
 */
export function findStuck(queue: StoredQueue, job: StoredJob): Stuck | undefined {
  if (!isActive(job) || job.status === 'launching') return undefined
  const since = job.progress_at ?? job.started_at ?? 0
  if (job.target === 'arango-connector') return stuckConnector(queue, job, since)
  if (isLive(queue)) {
    return job.disconnected_since === undefined ? undefined : { since: job.disconnected_since, why: 'its connection to the venue is closed' }
  }
  return { since, why: 'it got no further' }
}

function stuckConnector(queue: StoredQueue, job: StoredJob, since: number): Stuck | undefined {
  const writers = queue.jobs.filter(({ target }) => target !== 'arango-connector')
  if (writers.length > 0 && writers.every(hasEnded)) {
    const ended = Math.max(...writers.map(({ finished_at: at }) => at ?? 0))
    return { since: Math.max(since, ended), why: 'it stores and certifies nothing more, with everything on its topic' }
  }
  const written = writers.reduce((sum, { records_written: n }) => sum + n, 0)
  return written > job.records_written + job.dead_lettered ? { since, why: 'its topic has records that it does not store' } : undefined
}
