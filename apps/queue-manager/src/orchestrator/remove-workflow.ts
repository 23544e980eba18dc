import { StreamForgeError, type StoredQueue } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import { deleteDataTopic, deleteWhere, type CommandTools } from './carry-out.ts'
import { forgetJobs } from './topic-retention.ts'
import type { WorkflowRecords } from './workflow-records.ts'

/**
 * Removes an ended workflow: topics, jobs, documents, and with `data` the records too. The workflow's own document goes last, so
 * that after a crash in the middle it is still there to be removed again.
 */
export async function removeWorkflow(
  workflowId: string, queues: readonly StoredQueue[], options: { data: boolean; tools: CommandTools; records: WorkflowRecords },
): Promise<void> {
  const { data, tools, records } = options
  for (const queue of queues) {
    await deleteDataTopic(queue.kafka_topic, queue.queue_id, tools).catch((error: unknown) => {
      // A killed connector may count as a member for some seconds; its group holds nothing but offsets of a topic that is gone.
      if (!(error instanceof StreamForgeError && error.code === 'CONFLICT')) throw error
    })
    if (data) await removeData(queue, workflowId, tools.store, records)
  }
  await forgetJobs(tools.launcher, new Set(queues.map((q) => q.queue_id)))
  await records.remove(workflowId, queues.map((q) => q.queue_id))
}

async function removeData(queue: StoredQueue, workflowId: string, store: Store, records: WorkflowRecords): Promise<void> {
  await store.deleteKeys('coverage', [queue.queue_id])
  await store.deleteKeys('live_spans', [queue.queue_id]).catch(unlessMissing)
  await deleteWhere(store, 'gaps', queue.queue_id)
  if (await records.isShared(queue.collection_name, workflowId)) return
  await store.dropCollection(queue.collection_name).catch(unlessMissing)
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND')) throw error
}
