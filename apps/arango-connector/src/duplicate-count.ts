import type { Store } from '@streamforge/store'

const collection = 'connector_counts'

/** How many duplicates a queue's connectors have refused, over all attempts. */
export interface DuplicateCount {
  total(): number
  add(duplicates: number): Promise<void>
}

/** Each attempt keeps its own count, so that two that run at once do not overwrite each other's. */
export async function openDuplicateCount(store: Store, queueId: string, attempt: number): Promise<DuplicateCount> {
  await store.ensureCollection(collection)
  const key = `${queueId}:${attempt}`
  let others = 0
  let own = 0
  // `;` is the character after `:`.
  for await (const batch of store.scan(collection, { from: `${queueId}:`, to: `${queueId};` })) {
    for (const { _key, duplicates } of batch) {
      if (_key === key) own = Number(duplicates)
      else others += Number(duplicates)
    }
  }
  return {
    total: () => others + own,
    async add(duplicates) {
      if (duplicates === 0) return
      own += duplicates
      await store.writeBatch(collection, [{ _key: key, queue_id: queueId, attempt, duplicates: own }])
    },
  }
}
