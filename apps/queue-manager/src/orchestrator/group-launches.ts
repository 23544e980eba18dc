import { isStageType, parseDataType, type StartCommand, type StoredQueue } from '@streamforge/contracts'
import { jobName } from '@streamforge/launcher'

/** After so many attempts in a row without progress a job runs alone: what ends a whole process must not take others down again and again. */
const failuresTogether = 2

/**
 * What launches have in common that may share a process: live data of one workflow, venue and worker. Undefined: this one runs alone.
 */
export function groupOf(start: StartCommand, queue: Pick<StoredQueue, 'jobs'>): string | undefined {
  if (isStageType(start.type) || parseDataType(start.type).source !== 'ws') return undefined
  const job = queue.jobs.find(({ target }) => target === start.target)
  if (!job || job.attempts_without_progress >= failuresTogether) return undefined
  return [start.workflow_id, start.venue, start.target, start.image].join(' ')
}

/** Divides launches of one group into processes of at most `size` jobs, as equal as they can be; a launch that is asked for twice is there once. */
export function divideGroup(starts: readonly StartCommand[], size: number): StartCommand[][] {
  const distinct = [...new Map(starts.map((start) => [jobName(start), start])).values()]
  const processes = Math.ceil(distinct.length / size)
  return Array.from({ length: processes }, (_, i) => distinct.slice(Math.round((i * distinct.length) / processes), Math.round(((i + 1) * distinct.length) / processes)))
}
