import { checkCollectionName, checkFieldName, collectionNotFound, otherEdges, wrongKind } from '../names.ts'
import type { CollectionOptions, GraphDefinition } from '../store.ts'
import type { Database } from './database.ts'

type Kind = 'document' | 'edge'

/** A collection's table. The name was checked: it holds no quote. */
export const table = (collection: string) => `"c_${collection}"`

/** A top-level field as an expression; an index serves a query only when both spell it alike. */
export const fieldValue = (field: string) => (field === '_key' ? 'key' : `json_extract(body, '$."${field}"')`)

export const CREATE_CATALOG = `
  CREATE TABLE IF NOT EXISTS collections (name TEXT PRIMARY KEY NOT NULL, kind TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS graphs (name TEXT PRIMARY KEY NOT NULL, definition TEXT NOT NULL) WITHOUT ROWID`

const edgeIndexes = [['_from'], ['_to']]
const indexName = (collection: string, fields: readonly string[]) => `i_${collection}:${fields.join(',')}`

/** @throws StreamForgeError COLLECTION_NOT_FOUND. Inside `read` or `write`. */
export function kindOf(database: Database, collection: string): Kind {
  const row = database.statement('SELECT kind FROM collections WHERE name = ?').get(collection)
  if (!row) throw collectionNotFound(collection)
  return row.kind as Kind
}

export async function ensureCollection(database: Database, name: string, options: CollectionOptions = {}): Promise<void> {
  checkCollectionName(name)
  const kind = options.kind ?? 'document'
  const indexes = [...(kind === 'edge' ? edgeIndexes : []), ...(options.indexes ?? [])]
  indexes.flat().forEach(checkFieldName)
  // Services ensure their collections at every start: when all is there, none of them has to wait for the write lock.
  if (await database.read(() => isComplete(database, name, kind, indexes))) return
  await database.write(() => {
    if (isComplete(database, name, kind, indexes)) return
    database.statement('INSERT OR IGNORE INTO collections (name, kind) VALUES (?, ?)').run(name, kind)
    database.execute(`CREATE TABLE IF NOT EXISTS ${table(name)} (key TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL) WITHOUT ROWID`)
    for (const fields of indexes) {
      database.execute(`CREATE INDEX IF NOT EXISTS "${indexName(name, fields)}" ON ${table(name)} (${fields.map(fieldValue).join(', ')})`)
    }
  })
}

/** @throws StreamForgeError STORE_REJECTED when the collection is of the other kind */
function isComplete(database: Database, name: string, kind: Kind, indexes: readonly (readonly string[])[]): boolean {
  const row = database.statement('SELECT kind FROM collections WHERE name = ?').get(name)
  if (!row) return false
  if (row.kind !== kind) throw wrongKind(name, String(row.kind), kind)
  const index = database.statement("SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?")
  return indexes.every((fields) => index.get(indexName(name, fields)) !== undefined)
}

/** Inside a transaction. The name was checked. */
export function dropCollection(database: Database, name: string): void {
  database.execute(`DROP TABLE IF EXISTS ${table(name)}`)
  database.statement('DELETE FROM collections WHERE name = ?').run(name)
}

export function listCollections(database: Database): Promise<{ name: string; kind: Kind }[]> {
  return database.read(() => database.statement('SELECT name, kind FROM collections ORDER BY name').all()
    .map(({ name, kind }) => ({ name: name as string, kind: kind as Kind })))
}

export async function ensureGraph(database: Database, graph: GraphDefinition): Promise<void> {
  checkCollectionName(graph.name)
  await ensureCollection(database, graph.edgeCollection, { kind: 'edge' })
  for (const vertices of new Set([...graph.from, ...graph.to])) await ensureCollection(database, vertices)
  await database.write(() => {
    const known = database.statement('SELECT definition FROM graphs WHERE name = ?').get(graph.name)
    if (known && (JSON.parse(known.definition as string) as GraphDefinition).edgeCollection !== graph.edgeCollection) throw otherEdges(graph)
    database.statement('INSERT INTO graphs (name, definition) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET definition = excluded.definition')
      .run(graph.name, JSON.stringify(graph))
  })
}
