import { Queue, WorkflowSummary, type StoredQueue, type StoredWorkflow, type Workflow } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import { orIfMissing } from './datasets.ts'

/** A thing as it was at a version; versions only grow. */
export interface Versioned<T> {
  id: string
  version: number
  value: T
}

/** So many workflows the list shows. */
const shown = 200

/** Only the fields that people see: the orchestrator's own stay inside. */
function pick<T extends object>(fields: readonly string[], stored: T): Record<string, unknown> {
  return Object.fromEntries(fields.flatMap((field) => {
    const value = (stored as Record<string, unknown>)[field]
    return value === undefined ? [] : [[field, value]]
  }))
}

const summaryFields = Object.keys(WorkflowSummary.shape)
const queueFields = Object.keys(Queue.shape)

/** The newest workflows, newest first. */
export async function readSummaries(store: Store): Promise<Versioned<WorkflowSummary>[]> {
  const stored = await orIfMissing(store.find<StoredWorkflow>('workflows', { sort: [{ field: 'position', direction: 'desc' }], limit: shown }), [])
  return stored.map((w) => ({ id: w.workflow_id, version: w.version, value: pick(summaryFields, w) as WorkflowSummary }))
}

/** A workflow with its queues; undefined when there is none. */
export async function readWorkflow(store: Store, id: string): Promise<Versioned<Workflow> | undefined> {
  const workflow = await orIfMissing(store.get<StoredWorkflow>('workflows', id), undefined)
  if (!workflow) return undefined
  const queues = await orIfMissing(store.find<StoredQueue>('queues', { where: { workflow_id: id }, limit: 10_000 }), [])
  queues.sort((a, b) => (a.position < b.position ? -1 : 1))
  return {
    id, version: queues.reduce((sum, queue) => sum + queue.version, workflow.version),
    value: { ...(pick(summaryFields, workflow) as WorkflowSummary), queues: queues.map((queue) => pick(queueFields, queue) as Queue) },
  }
}
