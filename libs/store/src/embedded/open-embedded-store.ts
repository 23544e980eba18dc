import { startTimer } from '../channels.ts'
import { checkVersions } from '../check-versions.ts'
import { checkCollectionName } from '../names.ts'
import { checkVertexId, neighborLimits } from '../neighbor-options.ts'
import type { FindQuery, GraphDefinition, KeyRange, SerialisedDocument, Store, StoredDocument, WriteOptions } from '../store.ts'
import type { Transact } from './answered-requests.ts'
import { CREATE_CATALOG, dropCollection, ensureCollection, ensureGraph, listCollections, table } from './collections.ts'
import { Database } from './database.ts'
import { deleteKeys } from './delete-keys.ts'
import { findSql } from './find-documents.ts'
import { findNeighbors } from './neighbors.ts'
import { countKeys, readPages } from './read-range.ts'
import { setVersion } from './set-version.ts'
import { writeDocuments, writeSerialised } from './write-documents.ts'

export interface EmbeddedStoreOptions {
  file: string
  /** NORMAL (default): what was written survives the death of any process. FULL: the loss of power too; slower. */
  synchronous?: 'NORMAL' | 'FULL'
  /** How long a call goes on waiting for other processes' locks, in milliseconds; default 30 000. */
  patienceMs?: number
  random?: () => number
}

/**
 * The store in one SQLite file. Several processes may have it open at once, and any of them may die at any time.
 * @throws StreamForgeError STORE_UNAVAILABLE, STORE_CONFLICT
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<Store> {
  return new EmbeddedStore(await openDatabase(options, CREATE_CATALOG))
}

/** The store's file with these tables. @throws StreamForgeError STORE_UNAVAILABLE, STORE_CONFLICT */
export async function openDatabase(options: EmbeddedStoreOptions, tables: string): Promise<Database> {
  const { file, synchronous = 'NORMAL', patienceMs = 30_000, random = Math.random } = options
  const database = await Database.open({ file, synchronous, patienceMs, random })
  try {
    await database.write(() => database.execute(tables))
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

const parse = <T>(body: unknown) => JSON.parse(body as string) as T

class EmbeddedStore implements Store {
  readonly kind = 'embedded'
  readonly #database: Database
  readonly #transact: Transact

  constructor(database: Database) {
    this.#database = database
    this.#transact = (work) => database.write(work)
  }

  ensureCollection(...[name, options]: Parameters<Store['ensureCollection']>): Promise<void> {
    return ensureCollection(this.#database, name, options)
  }

  async dropCollection(name: string): Promise<void> {
    checkCollectionName(name)
    await this.#database.write(() => dropCollection(this.#database, name))
  }

  async listCollections() {
    const list = []
    for (const { name, kind } of await listCollections(this.#database)) list.push({ name, kind, count: await this.count(name) })
    return list
  }

  async writeBatch(collection: string, documents: readonly StoredDocument[], options: WriteOptions = {}) {
    checkCollectionName(collection)
    const done = startTimer('write', collection)
    const result = await writeDocuments(this.#database, collection, documents, options, this.#transact)
    done(documents.length)
    return result
  }

  async writeSerialised(collection: string, documents: readonly SerialisedDocument[], options: WriteOptions = {}) {
    checkCollectionName(collection)
    const done = startTimer('write', collection)
    const result = await writeSerialised(this.#database, collection, documents, options, this.#transact)
    done(documents.length)
    return result
  }

  async get<T extends StoredDocument = StoredDocument>(collection: string, key: string): Promise<T | undefined> {
    checkCollectionName(collection)
    const done = startTimer('read', collection)
    const row = await this.#database.read(() => this.#database.statement(`SELECT body FROM ${table(collection)} WHERE key = ?`).get(key))
    done(row ? 1 : 0)
    return row && parse<T>(row.body)
  }

  async deleteKeys(collection: string, keys: readonly string[]): Promise<number> {
    checkCollectionName(collection)
    const done = startTimer('write', collection)
    const deleted = await deleteKeys(this.#database, collection, keys, this.#transact)
    done(deleted)
    return deleted
  }

  async count(collection: string, range: KeyRange = {}): Promise<number> {
    checkCollectionName(collection)
    return countKeys(this.#database, collection, range)
  }

  async* scan<T extends StoredDocument = StoredDocument>(
    collection: string, range: KeyRange = {}, options: { batchSize?: number } = {},
  ): AsyncGenerator<T[]> {
    checkCollectionName(collection)
    let done = startTimer('read', collection)
    for await (const bodies of readPages(this.#database, collection, range, options.batchSize ?? 1000)) {
      done(bodies.length)
      yield bodies.map(parse<T>)
      done = startTimer('read', collection)
    }
  }

  async find<T extends StoredDocument = StoredDocument>(collection: string, query?: FindQuery): Promise<T[]> {
    checkCollectionName(collection)
    const done = startTimer('read', collection)
    const { sql, parameters } = findSql(collection, query)
    const rows = await this.#database.read(() => this.#database.statement(sql).all(...parameters))
    done(rows.length)
    return rows.map(({ body }) => parse<T>(body))
  }

  async compareAndSet(collection: string, document: StoredDocument & { version: number }, expected: number): Promise<boolean> {
    checkCollectionName(collection)
    checkVersions(document, expected)
    const done = startTimer('write', collection)
    const written = await this.#database.write(() => setVersion(this.#database, collection, document, expected))
    done(Number(written))
    return written
  }

  ensureGraph(graph: GraphDefinition): Promise<void> {
    return ensureGraph(this.#database, graph)
  }

  async neighbors(...[graph, start, options]: Parameters<Store['neighbors']>): Promise<StoredDocument[]> {
    checkCollectionName(graph)
    checkVertexId(start)
    return (await findNeighbors(this.#database, graph, start, neighborLimits(options))).map(parse<StoredDocument>)
  }

  async close(): Promise<void> {
    this.#database.close()
  }
}
