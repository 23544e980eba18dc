import { healingDecisionsCollection, isStageType, parseStageType, type StoredQueue } from '@streamforge/contracts'
import { graphCollections, listGraphVersions, readRelations } from '@streamforge/models'
import type { Store } from '@streamforge/store'
import { isStage, ownsTopic } from '../queue/queue-input.ts'
import { deleteDataTopic, deleteWhere, forgetReading, unlessCode, type CommandTools } from './carry-out.ts'
import { stagesCollection } from './stage-spec.ts'
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
    const forget = ownsTopic(queue) ? deleteDataTopic(queue.kafka_topic, queue.queue_id, tools) : forgetReading(queue.queue_id, tools)
    // A killed connector may count as a member for some seconds; its group holds nothing but offsets that mean nothing any more.
    await forget.catch(unlessCode('CONFLICT'))
    await deleteWhere(tools.store, healingDecisionsCollection, queue.queue_id)
    if (data) await removeData(queue, workflowId, tools.store, records)
  }
  await tools.store.deleteKeys(stagesCollection, queues.filter(isStage).map((q) => q.queue_id))
  await forgetJobs(tools.launcher, new Set(queues.map((q) => q.queue_id)))
  await records.remove(workflowId, queues.map((q) => q.queue_id))
}

async function removeData(queue: StoredQueue, workflowId: string, store: Store, records: WorkflowRecords): Promise<void> {
  await store.deleteKeys('coverage', [queue.queue_id])
  await store.deleteKeys('live_spans', [queue.queue_id]).catch(unlessMissing)
  await deleteWhere(store, 'gaps', queue.queue_id)
  if (await removeShared(queue, store)) return
  if (await records.isShared(queue.collection_name, workflowId)) return
  await store.dropCollection(queue.collection_name).catch(unlessMissing)
}

/**
 * Graphs and models share their collections with those of all workflows. Graphs go with their workflow; a registered model stays with its run,
 * for forecasts of others may come from it. Those of a replay are nobody's. Resolves false when the collection is the queue's own.
 */
async function removeShared(queue: StoredQueue, store: Store): Promise<boolean> {
  const stage = isStageType(queue.type) ? parseStageType(queue.type).stage : undefined
  if (stage === 'graph') await removeGraphs(queue, store)
  else if (stage !== 'train_gnn' && stage !== 'train_agent') return false
  else if (queue.original) for (const collection of ['training_runs', 'model_versions']) await deleteWhere(store, collection, queue.queue_id)
  return true
}

async function removeGraphs({ queue_id, workflow_id, original }: StoredQueue, store: Store): Promise<void> {
  const collections = graphCollections({ workflow_id, replay_of: original && workflow_id })
  if (original) {
    for (const name of [collections.edges, collections.versions]) await store.dropCollection(name).catch(unlessMissing)
    return
  }
  for (const { version } of await listGraphVersions(store, collections, { queueId: queue_id })) {
    const relations = await readRelations(store, collections, version)
    await store.deleteKeys(collections.edges, relations.map(({ _key }) => _key))
    await store.deleteKeys(collections.versions, [version])
  }
}

const unlessMissing = unlessCode('COLLECTION_NOT_FOUND')
