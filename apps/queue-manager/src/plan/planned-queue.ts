import { telemetryId, type StoredQueue, type Target } from '@streamforge/contracts'

/** What every queue begins with. */
export const freshQueue = () => ({
  version: 1, status: 'pending', outbox: [], has_outbox: false, next_command: 0,
} satisfies Partial<StoredQueue>)

/** A job before its first launch. */
export const plannedJob = (target: Target, workflowId: string): StoredQueue['jobs'][number] => ({
  target, telemetry_id: telemetryId(target, workflowId), status: 'pending', attempt: 0, attempts_without_progress: 0, records_written: 0,
  duplicates: 0, dead_lettered: 0, checkpoint: [], message: 'waiting for its turn',
})

/** Sorts the queues of all workflows by creation, then by their place in it. */
export const queuePosition = (workflowPosition: string, index: number) => `${workflowPosition}-${String(index).padStart(5, '0')}`
export const workflowPosition = (now: number, workflowId: string) => `${String(now).padStart(15, '0')}-${workflowId}`
