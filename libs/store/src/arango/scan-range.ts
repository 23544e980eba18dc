import type { KeyRange, StoredDocument } from '../store.ts'
import type { Connection } from './connection.ts'
import { errorNumber, isArangoError } from './errors.ts'
import { scanQuery, type KeyOrder } from './queries.ts'

/** How long the server keeps a cursor that nobody reads, in seconds. */
const CURSOR_LIFE_S = 300

/**
 * Batches in key order from a streaming cursor: the server computes them as they are read. A consumer that pauses for longer than the
 * cursor lives loses it; a new one then goes on behind the last key.
 */
export async function* scanRange(
  connection: Connection, collection: string, range: KeyRange, batchSize: number, order: KeyOrder,
): AsyncGenerator<StoredDocument[]> {
  let after: string | undefined
  for (;;) {
    const query = scanQuery(collection, range, order, after)
    const cursor = await connection.call({ collection }, (database) =>
      database.query<StoredDocument>(query.text, query.bindings, { batchSize, ttl: CURSOR_LIFE_S, stream: true }))
    let gone = false
    try {
      for (;;) {
        const batch = await connection.call({ collection }, () => nextBatch(cursor.batches))
        if (batch === 'lost') {
          gone = true
          break
        }
        if (batch === undefined) {
          gone = true
          return
        }
        after = batch.at(-1)!._key
        yield batch
      }
    } finally {
      // The consumer stopped early, or a call failed: the server need not keep the rest.
      if (!gone) await cursor.kill().catch(() => undefined)
    }
  }
}

async function nextBatch(batches: { next(): Promise<StoredDocument[] | undefined> }): Promise<StoredDocument[] | 'lost' | undefined> {
  try {
    for (;;) {
      const batch = await batches.next()
      if (batch === undefined || batch.length > 0) return batch
    }
  } catch (error) {
    if (isArangoError(error, errorNumber.cursorNotFound)) return 'lost'
    throw error
  }
}
