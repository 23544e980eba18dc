import { StreamForgeError } from '@streamforge/contracts'
import type { Connection } from './connection.ts'

/** One entry of the server's answer, in the order of the documents sent. */
export type Answer =
  | { error?: false; _key: string; old?: Record<string, unknown> }
  | { error: true; errorNum: number; errorMessage: string }

interface BulkRequest {
  method: 'POST' | 'PUT' | 'DELETE'
  /** A JSON list. The driver's own bulk methods would serialise documents a second time. */
  body: string
  search?: Record<string, string>
}

/** One answer a document, or undefined when the request as a whole met a conflict. */
export async function sendBulk(connection: Connection, collection: string, request: BulkRequest): Promise<Answer[] | undefined> {
  try {
    return await connection.call({ collection }, (database) => database.request<Answer[]>({
      ...request,
      pathname: `/_api/document/${encodeURIComponent(collection)}`,
      search: { ...request.search, waitForSync: String(connection.waitForSync) },
      headers: { 'content-type': 'application/json' },
    }))
  } catch (error) {
    if (error instanceof StreamForgeError && error.code === 'STORE_CONFLICT') return undefined
    throw error
  }
}
