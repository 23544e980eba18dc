import { StreamForgeError } from '@streamforge/contracts'
import { startTimer } from '../channels.ts'
import { checkVersions } from '../check-versions.ts'
import { refusal } from '../document-rules.ts'
import { checkCollectionName } from '../names.ts'
import { checkVertexId, neighborLimits } from '../neighbor-options.ts'
import { serialise } from '../serialise.ts'
import type { FindQuery, GraphDefinition, KeyRange, SerialisedDocument, Store, StoredDocument, WriteOptions } from '../store.ts'
import { CREATE_CATALOG, dropCollection, ensureCollection, ensureGraph, kindOf, listCollections, table } from './collections.ts'
import { Database } from './database.ts'
import { findSql } from './find-documents.ts'
import { findNeighbors } from './neighbors.ts'
import { countKeys, readPages } from './read-range.ts'
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
  const { file, synchronous = 'NORMAL', patienceMs = 30_000, random = Math.random } = options
  const database = await Database.open({ file, synchronous, patienceMs, random })
  try {
    await database.write(() => database.execute(CREATE_CATALOG))
  } catch (error) {
    database.close()
    throw error
  }
  return new EmbeddedStore(database)
}

const parse = <T>(body: unknown) => JSON.parse(body as string) as T

class EmbeddedStore implements Store {
  readonly kind = 'embedded'
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  ensureCollection(...[name, options]: Parameters<Store['ensureCollection']>): Promise<void> {
    return ensureCollection(this.#database, name, options)
  }

  dropCollection(name: string): Promise<void> {
    return dropCollection(this.#database, name)
  }

  async listCollections() {
    const list = []
    for (const { name, kind } of await listCollections(this.#database)) list.push({ name, kind, count: await this.count(name) })
    return list
  }

  async writeBatch(collection: string, documents: readonly StoredDocument[], options: WriteOptions = {}) {
    checkCollectionName(collection)
    const done = startTimer('write', collection)
    const result = await writeDocuments(this.#database, collection, documents, options)
    done(documents.length)
    return result
  }

  async writeSerialised(collection: string, documents: readonly SerialisedDocument[], options: WriteOptions = {}) {
    checkCollectionName(collection)
    const done = startTimer('write', collection)
    const result = await writeSerialised(this.#database, collection, documents, options)
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
    await this.#database.read(() => kindOf(this.#database, collection))
    const done = startTimer('write', collection)
    let deleted = 0
    for (let start = 0; start < keys.length; start += 5000) {
      deleted += await this.#database.write(() => {
        const statement = this.#database.statement(`DELETE FROM ${table(collection)} WHERE key = ?`)
        return keys.slice(start, start + 5000).reduce((sum, key) => sum + Number(statement.run(key).changes), 0)
      })
    }
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
    const changes = await this.#database.write(() => {
      const reason = refusal(document, kindOf(this.#database, collection))
      const body = reason === undefined ? serialise(document) : { reason }
      if (typeof body !== 'string') throw new StreamForgeError('STORE_REJECTED', `document '${document._key}' was refused: ${body.reason}`)
      return expected === 0
        ? this.#database.statement(`INSERT INTO ${table(collection)} (key, body) VALUES (?, ?) ON CONFLICT DO NOTHING`).run(document._key, body).changes
        : this.#database.statement(`UPDATE ${table(collection)} SET body = ? WHERE key = ? AND json_extract(body, '$."version"') = ?`)
          .run(body, document._key, expected).changes
    })
    done(Number(changes))
    return Number(changes) === 1
  }

  ensureGraph(graph: GraphDefinition): Promise<void> {
    return ensureGraph(this.#database, graph)
  }

  async neighbors(...[graph, start, options]: Parameters<Store['neighbors']>): Promise<StoredDocument[]> {
    checkCollectionName(graph)
    checkVertexId(start)
    return findNeighbors(this.#database, graph, start, neighborLimits(options))
  }

  async close(): Promise<void> {
    this.#database.close()
  }
}
