import { refusal, shownKey } from '../document-rules.ts'
import { givesWay } from '../replaces.ts'
import { serialise } from '../serialise.ts'
import type { StoredDocument, WriteOptions, WriteResult } from '../store.ts'
import type { Connection } from './connection.ts'
import { errorNumber, isPassing } from './errors.ts'
import { countVersions, lastStanding, type PlannedWrite } from './planned-write.ts'
import { sendBulk, type Answer } from './send-bulk.ts'
import { writeYielding } from './write-yielding.ts'

/** One request holds at most so many documents and about so many characters. */
const LARGEST_REQUEST = { documents: 5000, characters: 8 * 1024 * 1024 }

/**
 * Writes through the document API. The server may handle the documents of one request side by side, so a key travels only once in a
 * request; the counts are those of writing one after another. With `overwrite` the mode is `replace` with the old document
 * returned, since only its content tells a changed document from an unchanged one (its revision changes either way).
 * Without, the mode is `conflict`: an existing document is answered with 1210, where `ignore` would not tell it from a new one.
 */
export async function writeDocuments(
  connection: Connection, collection: string, documents: readonly StoredDocument[], options: WriteOptions,
): Promise<WriteResult> {
  const { overwrite = true, yields } = options
  const result: WriteResult = { created: 0, updated: 0, unchanged: 0, rejected: [] }
  for (let start = 0; start < documents.length;) {
    const writes = new Map<string, PlannedWrite>()
    start = prepareWrites(documents, start, writes, { yields, rejected: result.rejected })
    const yielding = ({ versions }: PlannedWrite) => overwrite && versions.every((version) => version.givesWay)
    await writeAll(connection, collection, [...writes.values()].filter((write) => !yielding(write)), { overwrite, yields }, result)
    if (yields !== undefined) await writeYielding(connection, collection, [...writes.values()].filter(yielding), { overwrite, yields }, result)
  }
  return result
}

function prepareWrites(
  documents: readonly StoredDocument[], start: number, writes: Map<string, PlannedWrite>, { yields, rejected }: { yields: string | undefined; rejected: WriteResult['rejected'] },
): number {
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
    const version = { json: body, givesWay: yields !== undefined && givesWay(document, yields) }
    const write = writes.get(document._key)
    if (write) write.versions.push(version)
    else writes.set(document._key, { key: document._key, versions: [version] })
  }
  return next
}

/** Sends what met a conflict again, alone, until nothing is left. */
async function writeAll(
  connection: Connection, collection: string, writes: PlannedWrite[], options: WriteOptions & { overwrite: boolean }, result: WriteResult,
): Promise<void> {
  const { overwrite } = options
  const startedAt = performance.now()
  for (let attempt = 0; writes.length > 0; attempt++) {
    if (attempt > 0) await connection.backOff(attempt, startedAt, `writing to '${collection}'`)
    const answers = await sendBulk(connection, collection, {
      method: 'POST',
      body: `[${writes.map(({ versions }) => (overwrite ? lastStanding(versions) : versions[0]!.json)).join(',')}]`,
      search: { overwriteMode: overwrite ? 'replace' : 'conflict', returnOld: String(overwrite) },
    })
    writes = writes.filter((write, i) => !count(write, answers?.[i], options, result))
  }
}

/** Adds a write's outcome to the result; false when it met a conflict and has to be sent again. */
function count(write: PlannedWrite, answer: Answer | undefined, options: WriteOptions, result: WriteResult): boolean {
  const { key, versions } = write
  if (answer === undefined) return false
  if (answer.error !== true) {
    countVersions(answer.old, versions, options, result)
    return true
  }
  if (isPassing(answer.errorNum)) return false
  if (!options.overwrite && answer.errorNum === errorNumber.uniqueConstraint) result.unchanged += versions.length
  else result.rejected.push(...versions.map(() => ({ key, reason: `${answer.errorMessage} (${answer.errorNum})` })))
  return true
}
