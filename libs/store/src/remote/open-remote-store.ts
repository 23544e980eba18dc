import { randomUUID } from 'node:crypto'
import { StreamForgeError, type StoreRequest } from '@streamforge/contracts'
import { startTimer } from '../channels.ts'
import { checkVersions } from '../check-versions.ts'
import { checkQuery } from '../conditions.ts'
import { isDocumentKey } from '../document-rules.ts'
import { checkCollectionName, checkFieldName } from '../names.ts'
import { checkVertexId, neighborLimits } from '../neighbor-options.ts'
import { serialise } from '../serialise.ts'
import type { FindQuery, GraphDefinition, KeyRange, SerialisedDocument, Store, StoredDocument, WriteOptions, WriteResult } from '../store.ts'
import { connect, type Connection, type RemoteStoreOptions } from './connection.ts'
import { documentLines } from './document-lines.ts'
import { largestRequest, planWrites, prepareDocument, prepareSerialised, type Prepared } from './plan-writes.ts'
import { scanPages } from './scan-pages.ts'

/**
 * The embedded store of apps/store-server, over HTTP. Calls go on while the server is away for a while, and what it has done it does not do
 * again.
 * @throws StreamForgeError STORE_UNAVAILABLE, BAD_CONFIG
 */
export async function openRemoteStore(options: RemoteStoreOptions): Promise<Store> {
  const connection = connect(options)
  try {
    await connection.ask('describe', {})
  } catch (error) {
    await connection.close()
    throw error
  }
  return new RemoteStore(connection)
}

class RemoteStore implements Store {
  readonly kind = 'remote'
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async ensureCollection(...[name, { kind, indexes } = {}]: Parameters<Store['ensureCollection']>): Promise<void> {
    checkCollectionName(name)
    indexes?.flat().forEach(checkFieldName)
    await this.#connection.ask('ensure_collection', { name, ...(kind && { kind }), ...(indexes && { indexes: indexes.map((fields) => [...fields]) }) })
  }

  async dropCollection(name: string): Promise<void> {
    checkCollectionName(name)
    await this.#connection.ask('drop_collection', { request_id: randomUUID(), name })
  }

  async listCollections() {
    return (await this.#connection.ask('list_collections', {})).collections
  }

  writeBatch(collection: string, documents: readonly StoredDocument[], options: WriteOptions = {}): Promise<WriteResult> {
    return this.#write(collection, documents, prepareDocument, options)
  }

  writeSerialised(collection: string, documents: readonly SerialisedDocument[], options: WriteOptions = {}): Promise<WriteResult> {
    return this.#write(collection, documents, prepareSerialised, options)
  }

  async #write<D>(collection: string, documents: readonly D[], prepare: (document: D) => Prepared, options: WriteOptions): Promise<WriteResult> {
    checkCollectionName(collection)
    const done = startTimer('write', collection)
    const { overwrite, yields } = options
    const how = { collection, ...(overwrite !== undefined && { overwrite }), ...(yields !== undefined && { yields }) }
    const result: WriteResult = { created: 0, updated: 0, unchanged: 0, rejected: [] }
    for (const part of planWrites(documents, prepare, result.rejected)) {
      const answer = await this.#connection.send('write', documentLines({ request_id: randomUUID(), ...how }, part), { collection })
      result.created += answer.created
      result.updated += answer.updated
      result.unchanged += answer.unchanged
      result.rejected.push(...answer.rejected)
    }
    done(documents.length)
    return result
  }

  async get<T extends StoredDocument = StoredDocument>(collection: string, key: string): Promise<T | undefined> {
    checkCollectionName(collection)
    if (!isDocumentKey(key)) return undefined
    const done = startTimer('read', collection)
    const { document } = await this.#connection.ask('get', { collection, key })
    done(document ? 1 : 0)
    return (document ?? undefined) as T | undefined
  }

  async deleteKeys(collection: string, keys: readonly string[]): Promise<number> {
    checkCollectionName(collection)
    const done = startTimer('write', collection)
    const possible = keys.filter(isDocumentKey)
    let deleted = 0
    for (let start = 0; start < possible.length || start === 0; start += largestRequest.documents) {
      const part = possible.slice(start, start + largestRequest.documents)
      deleted += (await this.#connection.ask('delete_keys', { request_id: randomUUID(), collection, keys: part })).deleted
    }
    done(deleted)
    return deleted
  }

  async count(collection: string, range: KeyRange = {}): Promise<number> {
    checkCollectionName(collection)
    return (await this.#connection.ask('count', { collection, ...bounds(range) })).count
  }

  async* scan<T extends StoredDocument = StoredDocument>(
    collection: string, range: KeyRange = {}, options: { batchSize?: number } = {},
  ): AsyncGenerator<T[]> {
    checkCollectionName(collection)
    let done = startTimer('read', collection)
    for await (const batch of scanPages(this.#connection, collection, range, options.batchSize ?? 1000)) {
      done(batch.length)
      yield batch as T[]
      done = startTimer('read', collection)
    }
  }

  async find<T extends StoredDocument = StoredDocument>(collection: string, query: FindQuery = {}): Promise<T[]> {
    checkCollectionName(collection)
    checkQuery(query)
    const done = startTimer('read', collection)
    // What the query leaves open stays open: JSON drops fields that are undefined.
    const { documents } = await this.#connection.ask('find', { collection, ...query } as StoreRequest<'find'>)
    done(documents.length)
    return documents as T[]
  }

  async compareAndSet(collection: string, document: StoredDocument & { version: number }, expected: number): Promise<boolean> {
    checkCollectionName(collection)
    checkVersions(document, expected)
    const text = serialise(document)
    if (typeof text !== 'string') throw new StreamForgeError('STORE_REJECTED', `document '${document._key}' was refused: ${text.reason}`)
    const done = startTimer('write', collection)
    const { written } = await this.#connection.ask('compare_and_set', { request_id: randomUUID(), collection, document, expected })
    done(Number(written))
    return written
  }

  async ensureGraph({ name, edgeCollection, from, to }: GraphDefinition): Promise<void> {
    for (const given of [name, edgeCollection, ...from, ...to]) checkCollectionName(given)
    await this.#connection.ask('ensure_graph', { name, edge_collection: edgeCollection, from: [...from], to: [...to] })
  }

  async neighbors(...[graph, start, options]: Parameters<Store['neighbors']>): Promise<StoredDocument[]> {
    checkCollectionName(graph)
    checkVertexId(start)
    return (await this.#connection.ask('neighbors', { graph, start, ...neighborLimits(options) })).documents
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}

const bounds = ({ from, to }: KeyRange) => ({ ...(from !== undefined && { from }), ...(to !== undefined && { to }) })
