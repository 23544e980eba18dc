import { startTimer } from '../channels.ts'
import { checkVersions } from '../check-versions.ts'
import { isDocumentKey } from '../document-rules.ts'
import { checkCollectionName } from '../names.ts'
import { checkVertexId, neighborLimits } from '../neighbor-options.ts'
import type { FindQuery, GraphDefinition, KeyRange, SerialisedDocument, Store, StoredDocument, WriteOptions, WriteResult } from '../store.ts'
import { countAll, dropCollection, ensureCollection, ensureGraph, listCollections } from './collections.ts'
import { compareAndSet, readDocument } from './compare-and-set.ts'
import { connect, type ArangoStoreOptions, type Connection } from './connection.ts'
import { deleteDocuments } from './delete-documents.ts'
import { countQuery, findQuery, keyOrderQuery, neighborsQuery, readKeyOrder, type KeyOrder, type Query } from './queries.ts'
import { scanRange } from './scan-range.ts'
import { withoutSystemFields } from './planned-write.ts'
import { writeDocuments } from './write-documents.ts'

/** @throws StreamForgeError STORE_UNAVAILABLE, BAD_CONFIG */
export async function openArangoStore(options: ArangoStoreOptions): Promise<Store> {
  return new ArangoStore(await connect(options))
}

const ownFields = <T extends StoredDocument>(document: StoredDocument) => withoutSystemFields(document) as T

class ArangoStore implements Store {
  readonly kind = 'arango'
  readonly #connection: Connection
  #keyOrder: Promise<KeyOrder> | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  ensureCollection(...[name, options]: Parameters<Store['ensureCollection']>): Promise<void> {
    return ensureCollection(this.#connection, name, options)
  }

  dropCollection(name: string): Promise<void> {
    return dropCollection(this.#connection, name)
  }

  listCollections() {
    return listCollections(this.#connection)
  }

  async writeBatch(collection: string, documents: readonly StoredDocument[], options: WriteOptions = {}): Promise<WriteResult> {
    checkCollectionName(collection)
    const done = startTimer('write', collection)
    const result = await writeDocuments(this.#connection, collection, documents, options)
    done(documents.length)
    return result
  }

  writeSerialised(collection: string, documents: readonly SerialisedDocument[], options: WriteOptions = {}): Promise<WriteResult> {
    return this.writeBatch(collection, documents.map(({ _key, json }) => ({ ...JSON.parse(json) as object, _key })), options)
  }

  async get<T extends StoredDocument = StoredDocument>(collection: string, key: string): Promise<T | undefined> {
    checkCollectionName(collection)
    if (!isDocumentKey(key)) return undefined
    const done = startTimer('read', collection)
    const document = await readDocument(this.#connection, collection, key)
    done(document ? 1 : 0)
    return document && ownFields<T>(document)
  }

  async deleteKeys(collection: string, keys: readonly string[]): Promise<number> {
    checkCollectionName(collection)
    const done = startTimer('write', collection)
    const deleted = await deleteDocuments(this.#connection, collection, keys)
    done(deleted)
    return deleted
  }

  async count(collection: string, range: KeyRange = {}): Promise<number> {
    checkCollectionName(collection)
    if (range.from === undefined && range.to === undefined) return countAll(this.#connection, collection)
    const [count] = await this.#query<number>({ collection }, countQuery(collection, range, await this.#order()))
    return count ?? 0
  }

  async* scan<T extends StoredDocument = StoredDocument>(
    collection: string, range: KeyRange = {}, options: { batchSize?: number } = {},
  ): AsyncGenerator<T[]> {
    checkCollectionName(collection)
    let done = startTimer('read', collection)
    for await (const batch of scanRange(this.#connection, collection, range, options.batchSize ?? 1000, await this.#order())) {
      done(batch.length)
      yield batch.map(ownFields<T>)
      done = startTimer('read', collection)
    }
  }

  async find<T extends StoredDocument = StoredDocument>(collection: string, query?: FindQuery): Promise<T[]> {
    checkCollectionName(collection)
    const done = startTimer('read', collection)
    const documents = await this.#query<StoredDocument>({ collection }, findQuery(collection, query, await this.#order()))
    done(documents.length)
    return documents.map(ownFields<T>)
  }

  async compareAndSet(collection: string, document: StoredDocument & { version: number }, expected: number): Promise<boolean> {
    checkCollectionName(collection)
    checkVersions(document, expected)
    const done = startTimer('write', collection)
    const written = await compareAndSet(this.#connection, collection, document, expected)
    done(Number(written))
    return written
  }

  ensureGraph(graph: GraphDefinition): Promise<void> {
    return ensureGraph(this.#connection, graph)
  }

  async neighbors(...[graph, start, options]: Parameters<Store['neighbors']>): Promise<StoredDocument[]> {
    checkCollectionName(graph)
    checkVertexId(start)
    const limits = neighborLimits(options)
    if (limits.depth === 0) return []
    return (await this.#query<StoredDocument>({ graph }, neighborsQuery(graph, start, limits))).map(ownFields)
  }

  async close(): Promise<void> {
    this.#connection.close()
  }

  /** Asked once, at the first use; a failure is not kept. */
  #order(): Promise<KeyOrder> {
    this.#keyOrder ??= this.#query<string[]>({}, keyOrderQuery).then(([sorted = []]) => readKeyOrder(sorted), (error: unknown) => {
      this.#keyOrder = undefined
      throw error
    })
    return this.#keyOrder
  }

  #query<T>(about: { collection?: string; graph?: string }, query: Query): Promise<T[]> {
    return this.#connection.call(about, async (database) => (await database.query<T>(query.text, query.bindings, { batchSize: 1000 })).all())
  }
}
