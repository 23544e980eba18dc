import { refusal, shownKey } from '../document-rules.ts'
import { sameContent } from '../same-content.ts'
import { serialise } from '../serialise.ts'
import type { StoredDocument, WriteResult } from '../store.ts'
import type { Connection } from './connection.ts'
import { errorNumber, isPassing } from './errors.ts'
import { sendBulk, type Answer } from './send-bulk.ts'

/** One request holds at most so many documents and about so many characters. */
const LARGEST_REQUEST = { documents: 5000, characters: 8 * 1024 * 1024 }

/** All documents of a request with the same key, in order, as JSON text. */
interface Write {
  key: string
  bodies: string[]
}

/**
 * Writes through the document API. The server may handle the documents of one request side by side, so a key travels only once in a
 * request; the counts are those of writing one after another. With `overwrite` the mode is `replace` with the old document
 * returned, since only its content tells a changed document from an unchanged one (its revision changes either way).
 * Without, the mode is `conflict`: an existing document is answered with 1210, where `ignore` would not tell it from a new one.
 */
export async function writeDocuments(
  connection: Connection, collection: string, documents: readonly StoredDocument[], overwrite: boolean,
): Promise<WriteResult> {
  const result: WriteResult = { created: 0, updated: 0, unchanged: 0, rejected: [] }
  for (let start = 0; start < documents.length;) {
    const writes = new Map<string, Write>()
    start = prepareWrites(documents, start, writes, result.rejected)
    if (writes.size > 0) await writeAll(connection, collection, [...writes.values()], overwrite, result)
  }
  return result
}

function prepareWrites(documents: readonly StoredDocument[], start: number, writes: Map<string, Write>, rejected: WriteResult['rejected']): number {
  let characters = 0
  let next = start
  while (next < documents.length && writes.size < LARGEST_REQUEST.documents && characters < LARGEST_REQUEST.characters) {
    const document = documents[next++]!
    // The server itself refuses edges without ends, one by one.
    const reason = refusal(document, 'document')
    const body = reason === undefined ? serialise(document) : { reason }
    if (typeof body !== 'string') {
      rejected.push({ key: shownKey(document), reason: body.reason })
      continue
    }
    characters += body.length
    const write = writes.get(document._key)
    if (write) write.bodies.push(body)
    else writes.set(document._key, { key: document._key, bodies: [body] })
  }
  return next
}

/** Sends what met a conflict again, alone, until nothing is left. */
async function writeAll(connection: Connection, collection: string, writes: Write[], overwrite: boolean, result: WriteResult): Promise<void> {
  const startedAt = performance.now()
  for (let attempt = 0; writes.length > 0; attempt++) {
    if (attempt > 0) await connection.backOff(attempt, startedAt, `writing to '${collection}'`)
    const answers = await sendBulk(connection, collection, {
      method: 'POST',
      body: `[${writes.map(({ bodies }) => (overwrite ? bodies.at(-1) : bodies[0])).join(',')}]`,
      search: { overwriteMode: overwrite ? 'replace' : 'conflict', returnOld: String(overwrite) },
    })
    writes = writes.filter((write, i) => !count(write, answers?.[i], overwrite, result))
  }
}

/** Adds a write's outcome to the result; false when it met a conflict and has to be sent again. */
function count(write: Write, answer: Answer | undefined, overwrite: boolean, result: WriteResult): boolean {
  const { key, bodies } = write
  if (answer === undefined) return false
  if (answer.error !== true) {
    countVersions(answer.old, bodies, overwrite, result)
    return true
  }
  if (isPassing(answer.errorNum)) return false
  if (!overwrite && answer.errorNum === errorNumber.uniqueConstraint) result.unchanged += bodies.length
  else result.rejected.push(...bodies.map(() => ({ key, reason: `${answer.errorMessage} (${answer.errorNum})` })))
  return true
}

/** Counts as if the versions had been written one after another over `old`. */
function countVersions(old: Record<string, unknown> | undefined, bodies: readonly string[], overwrite: boolean, result: WriteResult): void {
  let before: unknown = old && withoutSystemFields(old)
  for (const body of bodies) {
    if (before === undefined) {
      result.created++
      before = bodies.length > 1 ? JSON.parse(body) : body
      continue
    }
    const version: unknown = JSON.parse(body)
    if (!overwrite || sameContent(before, version)) result.unchanged++
    else result.updated++
    before = version
  }
}

/** A document as the port knows it: without the fields that the server adds. */
export function withoutSystemFields<T extends object>(document: T): Omit<T, '_id' | '_rev'> {
  const { _id, _rev, ...rest } = document as T & { _id?: unknown; _rev?: unknown }
  return rest
}
