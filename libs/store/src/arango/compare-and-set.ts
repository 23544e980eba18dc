import { StreamForgeError } from '@streamforge/contracts'
import { refusal } from '../document-rules.ts'
import { serialise } from '../serialise.ts'
import type { StoredDocument } from '../store.ts'
import type { Connection } from './connection.ts'
import { errorNumber, isArangoError, isPassing } from './errors.ts'

type Versioned = StoredDocument & { version: number }

/** `conflict`: somebody wrote at the same moment, which says nothing about the version yet. */
type Outcome = 'written' | 'lost' | 'conflict'

/**
 * The version is read together with the document's revision, and the write holds only for that revision, so that nothing can
 * come between the two.
 */
export async function compareAndSet(connection: Connection, collection: string, document: Versioned, expected: number): Promise<boolean> {
  const reason = refusal(document, 'document')
  const body = reason === undefined ? serialise(document) : { reason }
  if (typeof body !== 'string') throw new StreamForgeError('STORE_REJECTED', `document '${document._key}' was refused: ${body.reason}`)
  const startedAt = performance.now()
  for (let attempt = 0; ; attempt++) {
    if (attempt > 0) await connection.backOff(attempt, startedAt, `writing '${document._key}' to '${collection}'`)
    const outcome = expected === 0
      ? await insert(connection, collection, body)
      : await replaceVersion(connection, collection, document._key, body, expected)
    if (outcome !== 'conflict') return outcome === 'written'
  }
}

function insert(connection: Connection, collection: string, body: string): Promise<Outcome> {
  return outcomeOf(connection, collection, {
    method: 'POST', pathname: `/_api/document/${encodeURIComponent(collection)}`, body, search: { overwriteMode: 'conflict' },
  })
}

async function replaceVersion(connection: Connection, collection: string, key: string, body: string, expected: number): Promise<Outcome> {
  const stored = await readDocument(connection, collection, key)
  if (stored?.version !== expected) return 'lost'
  return outcomeOf(connection, collection, {
    method: 'PUT', pathname: documentPath(collection, key), body, headers: { 'if-match': `"${String(stored._rev)}"` },
  })
}

interface WriteRequest {
  method: 'POST' | 'PUT'
  pathname: string
  body: string
  search?: Record<string, string>
  headers?: Record<string, string>
}

function outcomeOf(connection: Connection, collection: string, request: WriteRequest): Promise<Outcome> {
  return connection.call({ collection }, async (database) => {
    try {
      await database.request({
        ...request,
        search: { ...request.search, waitForSync: String(connection.waitForSync) },
        headers: { ...request.headers, 'content-type': 'application/json' },
      })
      return 'written'
    } catch (error) {
      if (isArangoError(error, errorNumber.uniqueConstraint) || isArangoError(error, errorNumber.documentNotFound)) return 'lost'
      if (isArangoError(error) && isPassing(error.errorNum)) return 'conflict'
      throw error
    }
  })
}

const documentPath = (collection: string, key: string) => `/_api/document/${encodeURIComponent(collection)}/${encodeURIComponent(key)}`

/** With the server's own fields; undefined when there is none. */
export function readDocument(connection: Connection, collection: string, key: string): Promise<StoredDocument | undefined> {
  return connection.call({ collection }, async (database) => {
    try {
      return await database.request<StoredDocument>({ method: 'GET', pathname: documentPath(collection, key) })
    } catch (error) {
      if (isArangoError(error, errorNumber.documentNotFound)) return undefined
      throw error
    }
  })
}
