import type { StoredQueue } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'

/** A queue as queue-manager has saved it last, read from the store's file: also while queue-manager and the store server are away. */
export type RunningQueue = Pick<StoredQueue, 'queue_id' | 'workflow_id' | 'symbol' | 'type' | 'status' | 'jobs' | 'kafka_topic' | 'collection_name' | 'records_total' | 'shards'>

export async function runningQueues(store: Store): Promise<RunningQueue[]> {
  return await store.find('queues', { where: { status: 'running' } }) as unknown as RunningQueue[]
}

export async function readQueues(store: Store, ids: readonly string[]): Promise<RunningQueue[]> {
  const found = await Promise.all(ids.map((id) => store.get('queues', id)))
  return found.filter((queue) => queue !== undefined) as unknown as RunningQueue[]
}

/** Records stored so far, as its connector has told. */
export const storedOf = ({ jobs }: Pick<RunningQueue, 'jobs'>): number => jobs.find(({ target }) => target === 'arango-connector')?.records_written ?? 0

/** Whether its loader has so much left that what is put on the topic now is certainly read. */
export function hasMuchLeft({ jobs, records_total: total }: RunningQueue): boolean {
  const loader = jobs.find(({ target }) => target === 'loader-producer')
  return loader !== undefined && loader.status === 'running' && total !== undefined && loader.records_written < total * 0.7
}
