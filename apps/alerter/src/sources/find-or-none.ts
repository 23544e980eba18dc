import { StreamForgeError } from '@streamforge/contracts'
import type { FindQuery, Store, StoredDocument } from '@streamforge/store'

/** Documents of a collection that perhaps nobody has made yet. */
export async function findOrNone<T extends StoredDocument>(store: Store, collection: string, query: FindQuery): Promise<T[]> {
  try {
    return await store.find<T>(collection, query)
  } catch (error) {
    if (error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND') return []
    throw error
  }
}
