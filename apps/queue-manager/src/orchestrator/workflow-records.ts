import type { StoredQueue, StoredWorkflow } from '@streamforge/contracts'
import type { Store, Where } from '@streamforge/store'
import type { WorkflowPlan } from '../plan/plan-workflow.ts'

/** The orchestrator's documents: `workflows` without their queues, and `queues`. */
export interface WorkflowRecords {
  insert(plan: WorkflowPlan): Promise<void>
  workflow(id: string): Promise<StoredWorkflow | undefined>
  queue(id: string): Promise<StoredQueue | undefined>
  queuesOf(workflowId: string): Promise<StoredQueue[]>
  /** Resolve false when somebody else has written since `version - 1`. */
  saveQueue(queue: StoredQueue): Promise<boolean>
  saveWorkflow(workflow: StoredWorkflow): Promise<boolean>
  /** Ids of workflows that have not ended, have queues that have not, or commands left to carry out. */
  unfinishedWorkflowIds(): Promise<string[]>
  /** Ended queues whose topic is still there, those that ended first first. */
  queuesWithTopic(endedBefore: number, limit: number): Promise<StoredQueue[]>
  /** Queues of other workflows that keep their records in the same collection. */
  isShared(collection: string, workflowId: string): Promise<boolean>
  remove(workflowId: string, queueIds: readonly string[]): Promise<void>
  /** By position descending: newest first. */
  list(query: { status?: string | undefined; before?: string | undefined; limit: number }): Promise<StoredWorkflow[]>
}

const batchSize = 500
const everything = 1_000_000
const unfinished = ['pending', 'running', 'stopping'] as const

export async function openWorkflowRecords(store: Store): Promise<WorkflowRecords> {
  await store.ensureCollection('workflows', { indexes: [['position'], ['status', 'position']] })
  await store.ensureCollection('queues', { indexes: [['workflow_id'], ['status'], ['has_outbox'], ['topic_deleted', 'ended_at'], ['collection_name'], ['type', 'position']] })
  await store.ensureCollection('stages')
  await store.ensureCollection('coverage', { indexes: [['symbol'], ['type'], ['workflow_id']] })
  await store.ensureCollection('gaps', { indexes: [['queue_id']] })
  await store.ensureCollection('stream_markers', { indexes: [['queue_id']] })
  const queues = (where: Where, limit: number) => store.find<StoredQueue>('queues', { where, limit })
  return {
    async insert({ workflow, queues: planned }) {
      // Queues first: a workflow that is there has all of its queues; queues without a workflow are never looked at.
      for (let i = 0; i < planned.length; i += batchSize) await store.writeBatch('queues', planned.slice(i, i + batchSize))
      await store.writeBatch('workflows', [workflow])
    },
    workflow: (id) => store.get<StoredWorkflow>('workflows', id),
    queue: (id) => store.get<StoredQueue>('queues', id),
    async queuesOf(workflowId) {
      const found = await queues({ workflow_id: workflowId }, everything)
      return found.sort((a, b) => (a.position < b.position ? -1 : 1))
    },
    saveQueue: (queue) => store.compareAndSet('queues', queue, queue.version - 1),
    saveWorkflow: (workflow) => store.compareAndSet('workflows', workflow, workflow.version - 1),
    async unfinishedWorkflowIds() {
      const open = await store.find<StoredWorkflow>('workflows', { where: { status: { in: unfinished } }, limit: everything })
      const queued = [...await queues({ status: { in: ['pending', 'running'] } }, everything), ...await queues({ has_outbox: true }, everything)]
      return [...new Set([...open, ...queued].map((document) => document.workflow_id))]
    },
    queuesWithTopic: (endedBefore, limit) => store.find<StoredQueue>('queues', {
      where: { topic_deleted: false, ended_at: { lt: endedBefore } }, sort: [{ field: 'ended_at', direction: 'asc' }], limit,
    }),
    async isShared(collection, workflowId) {
      const found = await queues({ collection_name: collection }, everything)
      return found.some((q) => q.workflow_id !== workflowId)
    },
    async remove(workflowId, queueIds) {
      for (let i = 0; i < queueIds.length; i += batchSize) await store.deleteKeys('queues', queueIds.slice(i, i + batchSize))
      await store.deleteKeys('workflows', [workflowId])
    },
    list: ({ status, before, limit }) => store.find<StoredWorkflow>('workflows', {
      where: { ...(status !== undefined && { status }), ...(before !== undefined && { position: { lt: before } }) },
      sort: [{ field: 'position', direction: 'desc' }], limit,
    }),
  }
}
