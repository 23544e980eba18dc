import { startTimer } from '../channels.ts'
import { checkVersions } from '../check-versions.ts'
import { checkVertexId, type NeighborLimits } from '../neighbor-options.ts'
import type {
  CollectionInfo, CollectionOptions, FindQuery, GraphDefinition, KeyRange, SerialisedDocument, StoredDocument, WriteOptions, WriteResult,
} from '../store.ts'
import { CREATE_ANSWERS, answeredRequests } from './answered-requests.ts'
import { CREATE_CATALOG, dropCollection, ensureCollection, ensureGraph, listCollections, table } from './collections.ts'
import { deleteKeys } from './delete-keys.ts'
import { findSql } from './find-documents.ts'
import { findNeighbors } from './neighbors.ts'
import { openDatabase, type EmbeddedStoreOptions } from './open-embedded-store.ts'
import { countKeys, readPage } from './read-range.ts'
import { setVersion } from './set-version.ts'
import { writeSerialised } from './write-documents.ts'

/**
 * The embedded store as its server has it. Documents are the JSON text that is stored. What changes something takes the id of its request:
 * the same id again changes nothing more and resolves with the first answer, also after the process died in between. Names were checked.
 * Every method throws StreamForgeError as the same one of Store does.
 */
export interface ServedStore {
  ensureCollection(name: string, options: CollectionOptions): Promise<void>
  dropCollection(requestId: string, name: string): Promise<void>
  listCollections(): Promise<CollectionInfo[]>
  write(requestId: string, collection: string, documents: readonly SerialisedDocument[], options: WriteOptions): Promise<WriteResult>
  compareAndSet(requestId: string, collection: string, document: StoredDocument & { version: number }, expected: number): Promise<boolean>
  deleteKeys(requestId: string, collection: string, keys: readonly string[]): Promise<number>
  get(collection: string, key: string): Promise<string | undefined>
  count(collection: string, range: KeyRange): Promise<number>
  /** Up to `limit` documents behind `after`, fewer when their text reaches `characters`. */
  readPage(
    collection: string, range: KeyRange & { after?: string | undefined }, size: { limit: number; characters: number },
  ): Promise<{ bodies: string[]; more: boolean }>
  find(collection: string, query: FindQuery): Promise<string[]>
  ensureGraph(graph: GraphDefinition): Promise<void>
  neighbors(graph: string, start: string, limits: NeighborLimits): Promise<string[]>
  close(): Promise<void>
}

/** @throws StreamForgeError STORE_UNAVAILABLE, STORE_CONFLICT */
export async function openServedStore(options: EmbeddedStoreOptions & { now: () => number }): Promise<ServedStore> {
  const database = await openDatabase(options, `${CREATE_CATALOG};${CREATE_ANSWERS}`)
  const once = answeredRequests(database, options.now)
  return {
    ensureCollection: (name, collection) => ensureCollection(database, name, collection),
    dropCollection: (requestId, name) => once(requestId)(() => dropCollection(database, name), 0),
    async listCollections() {
      const list: CollectionInfo[] = []
      for (const { name, kind } of await listCollections(database)) list.push({ name, kind, count: await countKeys(database, name, {}) })
      return list
    },
    write: (requestId, collection, documents, how) => observed('write', collection, () => documents.length, () =>
      writeSerialised(database, collection, documents, how, once(requestId))),
    async compareAndSet(requestId, collection, document, expected) {
      checkVersions(document, expected)
      return observed('write', collection, Number, () => once(requestId)(() => setVersion(database, collection, document, expected), 0))
    },
    deleteKeys: (requestId, collection, keys) => observed('write', collection, (deleted) => deleted, () =>
      deleteKeys(database, collection, keys, once(requestId))),
    get: (collection, key) => observed('read', collection, (body) => (body === undefined ? 0 : 1), () => database.read(() =>
      database.statement(`SELECT body FROM ${table(collection)} WHERE key = ?`).get(key)?.body as string | undefined)),
    count: (collection, range) => countKeys(database, collection, range),
    readPage: (collection, range, size) => observed('read', collection, ({ bodies }) => bodies.length, () =>
      readPage(database, collection, range, size)),
    find: (collection, query) => observed('read', collection, (bodies) => bodies.length, () => {
      const { sql, parameters } = findSql(collection, query)
      return database.read(() => database.statement(sql).all(...parameters).map(({ body }) => body as string))
    }),
    ensureGraph: (graph) => ensureGraph(database, graph),
    async neighbors(graph, start, limits) {
      checkVertexId(start)
      return findNeighbors(database, graph, start, limits)
    },
    async close() {
      database.close()
    },
  }
}

async function observed<T>(kind: 'write' | 'read', collection: string, documents: (result: T) => number, work: () => Promise<T>): Promise<T> {
  const done = startTimer(kind, collection)
  const result = await work()
  done(documents(result))
  return result
}
