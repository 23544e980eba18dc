/**
 * The document and graph store port. Three adapters implement it: ArangoDB, an embedded SQLite file, and that file behind a server. All
 * pass the suite in store-contract.ts. Documents are plain JSON objects with a `_key`; writing the same key twice is how a repeated
 * delivery changes nothing.
 */
export interface StoredDocument {
  _key: string
  [field: string]: unknown
}

export interface CollectionOptions {
  kind?: 'document' | 'edge'
  /** Each a list of top-level fields that `find` filters or sorts by. */
  indexes?: readonly (readonly string[])[]
}

/** A document whose JSON text is at hand: `json` is the text of an object without `_key`. */
export interface SerialisedDocument {
  _key: string
  json: string
}

export interface WriteResult {
  created: number
  /** Existed with another content; replaced. */
  updated: number
  /** Existed, and was left alone: it has the same content, or is not to be replaced. */
  unchanged: number
  /** Refused by the store one by one, with the reason; the others of the batch are written. */
  rejected: { key: string; reason: string }[]
}

export type Scalar = string | number | boolean | null

export interface WriteOptions {
  /** False leaves existing documents alone; they count as unchanged. Default true. */
  overwrite?: boolean
  /**
   * Name of a top-level field. A document in which it is `true` is a copy of less worth: it does not replace one in which it is not, and
   * counts as unchanged then. Whichever of the two comes first, the better one stays; of equals the last wins.
   */
  yields?: string
}

/** Every condition must hold. A plain value means equality. */
export type Where = Readonly<Record<string, Scalar | { in: readonly Scalar[] } | { gte?: Scalar; gt?: Scalar; lt?: Scalar; lte?: Scalar }>>

export interface FindQuery {
  where?: Where
  sort?: readonly { field: string; direction: 'asc' | 'desc' }[]
  limit?: number
  offset?: number
}

export interface KeyRange {
  /** Included. */
  from?: string
  /** Excluded. */
  to?: string
}

export interface CollectionInfo {
  name: string
  kind: 'document' | 'edge'
  count: number
}

/** An edge's ends are `collection/key`, as ArangoDB writes them. */
export interface StoredEdge extends StoredDocument {
  _from: string
  _to: string
}

export interface GraphDefinition {
  name: string
  edgeCollection: string
  from: readonly string[]
  to: readonly string[]
}

export interface Store {
  readonly kind: 'embedded' | 'remote' | 'arango'
  /** Idempotent; adds missing indexes. */
  ensureCollection(name: string, options?: CollectionOptions): Promise<void>
  dropCollection(name: string): Promise<void>
  listCollections(): Promise<CollectionInfo[]>
  /**
   * Inserts or replaces by `_key`; resolves when durable. Of documents with the same key in one batch the last wins; the
   * counts are those of writing one after another, and add up to the number of documents. Large batches are written in parts.
   * Write conflicts are retried inside.
   * @throws StreamForgeError COLLECTION_NOT_FOUND, STORE_UNAVAILABLE, STORE_CONFLICT when retries are used up
   */
  writeBatch(collection: string, documents: readonly StoredDocument[], options?: WriteOptions): Promise<WriteResult>
  /** {@link writeBatch} for documents that came as JSON text and were validated: spares making the same text again. */
  writeSerialised(collection: string, documents: readonly SerialisedDocument[], options?: WriteOptions): Promise<WriteResult>
  get<T extends StoredDocument = StoredDocument>(collection: string, key: string): Promise<T | undefined>
  /** Resolves with how many existed. */
  deleteKeys(collection: string, keys: readonly string[]): Promise<number>
  count(collection: string, range?: KeyRange): Promise<number>
  /** All documents of a key range in key order, in batches; reads a consistent-enough snapshot: what was there at the start is seen. */
  scan<T extends StoredDocument = StoredDocument>(collection: string, range?: KeyRange, options?: { batchSize?: number }): AsyncIterable<T[]>
  /**
   * Small results only; sort by indexed fields. Ties are broken by `_key`. Default limit 1000. Keys sort by their bytes in
   * every adapter; other strings by their bytes in the embedded one, by the server's language in ArangoDB.
   */
  find<T extends StoredDocument = StoredDocument>(collection: string, query?: FindQuery): Promise<T[]>
  /**
   * Replaces a document only if its field `version` still equals `expected` (0: only if it does not exist yet).
   * Resolves false when it lost the race. The document written must carry a higher `version`.
   */
  compareAndSet(collection: string, document: StoredDocument & { version: number }, expected: number): Promise<boolean>
  ensureGraph(graph: GraphDefinition): Promise<void>
  /** Vertices reachable from `start` (`collection/key`) over the graph's edges within `depth` steps, nearest first, without `start`. */
  neighbors(graph: string, start: string, options?: { direction?: 'out' | 'in' | 'any'; depth?: number; limit?: number }): Promise<StoredDocument[]>
  close(): Promise<void>
}
