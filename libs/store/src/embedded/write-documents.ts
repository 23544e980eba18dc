import { isDocumentKey, refusal, shownKey } from '../document-rules.ts'
import { replaces } from '../replaces.ts'
import { serialise } from '../serialise.ts'
import type { SerialisedDocument, StoredDocument, WriteOptions, WriteResult } from '../store.ts'
import type { Transact } from './answered-requests.ts'
import { kindOf, table } from './collections.ts'
import type { Database } from './database.ts'

/** A transaction holds at most so many documents and about so many characters: other writers wait meanwhile. */
const LARGEST_TRANSACTION = { documents: 5000, characters: 8 * 1024 * 1024 }
/** Rows of one INSERT; fewer calls into SQLite, measured 1.4 times as fast as one row a call. */
const ROWS = 50

interface Row {
  key: string
  body: string
}

type Rejection = WriteResult['rejected'][number]
type Counts = Omit<WriteResult, 'rejected'>

/**
 * Writes documents as if one after another, in transactions of limited size, each all or nothing. Yields to the event loop
 * between them.
 */
export async function writeDocuments(
  database: Database, collection: string, documents: readonly StoredDocument[], options: WriteOptions, transact: Transact,
): Promise<WriteResult> {
  const kind = await database.read(() => kindOf(database, collection))
  return writeRows(database, collection, documents, (document) => toRow(document, kind), options, transact)
}

/** As {@link writeDocuments}, with the text that is at hand. Only that of edges is read, for their ends. */
export async function writeSerialised(
  database: Database, collection: string, documents: readonly SerialisedDocument[], options: WriteOptions, transact: Transact,
): Promise<WriteResult> {
  const kind = await database.read(() => kindOf(database, collection))
  return writeRows(database, collection, documents, kind === 'edge' ? edgeRow : serialisedRow, options, transact)
}

async function writeRows<D>(
  database: Database, collection: string, documents: readonly D[], prepare: (document: D) => Row | Rejection, options: WriteOptions,
  transact: Transact,
): Promise<WriteResult> {
  const result: WriteResult = { created: 0, updated: 0, unchanged: 0, rejected: [] }
  for (let start = 0, part = 0; start < documents.length; part++) {
    const rows: Row[] = []
    start = prepareRows(documents, start, prepare, rows, result.rejected)
    if (rows.length === 0) continue
    const counts = await transact(() => insertOrReplace(database, collection, rows, options), part)
    result.created += counts.created
    result.updated += counts.updated
    result.unchanged += counts.unchanged
    await new Promise(setImmediate)
  }
  return result
}

/** Fills `rows` up to a transaction's size from `start` on; returns where the next one starts. Serialises outside the lock. */
function prepareRows<D>(
  documents: readonly D[], start: number, prepare: (document: D) => Row | Rejection, rows: Row[], rejected: Rejection[],
): number {
  let characters = 0
  let next = start
  while (next < documents.length && rows.length < LARGEST_TRANSACTION.documents && characters < LARGEST_TRANSACTION.characters) {
    const row = prepare(documents[next++]!)
    if ('reason' in row) {
      rejected.push(row)
      continue
    }
    rows.push(row)
    characters += row.body.length
  }
  return next
}

function toRow(document: StoredDocument, kind: 'document' | 'edge'): Row | Rejection {
  const reason = refusal(document, kind)
  const body = reason === undefined ? serialise(document) : { reason }
  return typeof body === 'string' ? { key: document._key, body } : { key: shownKey(document), reason: body.reason }
}

function serialisedRow({ _key: key, json }: SerialisedDocument): Row | Rejection {
  if (!isDocumentKey(key)) return { key: String(key).slice(0, 300), reason: 'not a document key' }
  if (!json.startsWith('{')) return { key, reason: 'not the text of a JSON object' }
  return { key, body: json === '{}' ? `{"_key":"${key}"}` : `{"_key":"${key}",${json.slice(1)}` }
}

function edgeRow(document: SerialisedDocument): Row | Rejection {
  const row = serialisedRow(document)
  const reason = 'reason' in row ? undefined : refusal(JSON.parse(row.body) as StoredDocument, 'edge')
  return reason === undefined ? row : { key: document._key, reason }
}

function insertOrReplace(database: Database, collection: string, rows: readonly Row[], { overwrite = true, yields }: WriteOptions): Counts {
  const counts: Counts = { created: 0, updated: 0, unchanged: 0 }
  for (let start = 0; start < rows.length; start += ROWS) {
    const group = rows.slice(start, start + ROWS)
    const created = insertNew(database, collection, group)
    // A group that was new as a whole, the common case, needs no second look.
    const updated = created === group.length || !overwrite ? 0 : replaceDifferent(database, collection, group, yields)
    counts.created += created
    counts.updated += updated
    counts.unchanged += group.length - created - updated
  }
  return counts
}

function insertNew(database: Database, collection: string, group: readonly Row[]): number {
  const values = Array<string>(group.length).fill('(?, ?)').join(', ')
  // Groups that are not full would each leave a statement of their own in the cache.
  if (group.length < ROWS) {
    const one = database.statement(insertSql(collection, '(?, ?)'))
    return group.reduce((created, { key, body }) => created + Number(one.run(key, body).changes), 0)
  }
  const parameters: string[] = []
  for (const { key, body } of group) parameters.push(key, body)
  return Number(database.statement(insertSql(collection, values)).run(...parameters).changes)
}

const insertSql = (collection: string, values: string) =>
  `INSERT INTO ${table(collection)} (key, body) VALUES ${values} ON CONFLICT DO NOTHING`

/** Every row of the group exists by now, with this content or another one. */
function replaceDifferent(database: Database, collection: string, group: readonly Row[], yields: string | undefined): number {
  const select = database.statement(`SELECT body FROM ${table(collection)} WHERE key = ?`)
  const update = database.statement(`UPDATE ${table(collection)} SET body = ? WHERE key = ?`)
  let updated = 0
  for (const { key, body } of group) {
    const stored = select.get(key)!.body as string
    if (stored === body || !replaces(JSON.parse(body), JSON.parse(stored), yields)) continue
    update.run(body, key)
    updated++
  }
  return updated
}
