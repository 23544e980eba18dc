import { z } from 'zod'
import { CollectionName } from './names.ts'

/**
 * What the remote store and its server (apps/store-server) say to each other: `POST /store/<operation>` with the request as JSON and the
 * answer as JSON, errors as {@link Problem}. Documents are JSON objects with a `_key`; they pass through unread wherever possible.
 */
export interface StoreOperation {
  request: z.ZodType
  answer: z.ZodType
}

/** How long a server remembers what it has answered to a request that changes something, in milliseconds; no client asks again later. */
export const rememberedAnswerMs = 300_000

/** Of the body of `write`: the request as JSON, and then a line for each document: its key, a tab, and its JSON text without the key. */
export const documentLinesType = 'application/vnd.streamforge.documents'

const isDocument = (value: unknown): value is { _key: string } =>
  typeof value === 'object' && value !== null && typeof (value as { _key?: unknown })._key === 'string'
/** Not looked into: documents are of many kinds, and copying each of a large answer would cost as much as reading it. */
const Document = z.custom<{ _key: string; [field: string]: unknown }>(isDocument, 'a document with its _key')
const VersionedDocument = z.custom<{ _key: string; version: number; [field: string]: unknown }>(
  (value) => isDocument(value) && typeof (value as { version?: unknown }).version === 'number', 'a document with its _key and version')
const documents = z.strictObject({ documents: z.array(Document) })

const RequestId = z.string().regex(/^[\w-]{8,64}$/)
  .describe('Of one request, however often it is sent: a second one changes nothing more, and is answered like the first')
const Kind = z.enum(['document', 'edge'])
const Field = z.string().min(1).max(128)
const Key = z.string().max(254)
/** Not a key alone: also what lies between keys. */
const Bound = z.string().max(1000)
const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
const Bounds = z.strictObject({ gte: Scalar.optional(), gt: Scalar.optional(), lt: Scalar.optional(), lte: Scalar.optional() })
const Where = z.record(Field, z.union([Scalar, z.strictObject({ in: z.array(Scalar).max(100_000) }), Bounds]))
const whole = z.int().min(0)
const done = z.strictObject({})

export const storeOperations = {
  /** What answers here, and whether the token is right. */
  describe: { request: z.strictObject({}), answer: z.strictObject({ kind: z.literal('embedded'), protocol: z.literal(1) }) },
  ensure_collection: {
    request: z.strictObject({ name: CollectionName, kind: Kind.optional(), indexes: z.array(z.array(Field).min(1).max(16)).max(64).optional() }),
    answer: done,
  },
  drop_collection: { request: z.strictObject({ request_id: RequestId, name: CollectionName }), answer: done },
  list_collections: {
    request: z.strictObject({}),
    answer: z.strictObject({ collections: z.array(z.strictObject({ name: CollectionName, kind: Kind, count: whole })) }),
  },
  /** Its body has the form that {@link documentLinesType} says; this is its first line. */
  write: {
    request: z.strictObject({
      request_id: RequestId, collection: CollectionName, overwrite: z.boolean().optional(), yields: Field.optional(),
    }),
    answer: z.strictObject({
      created: whole, updated: whole, unchanged: whole, rejected: z.array(z.strictObject({ key: z.string(), reason: z.string() })),
    }),
  },
  compare_and_set: {
    request: z.strictObject({ request_id: RequestId, collection: CollectionName, document: VersionedDocument, expected: whole }),
    answer: z.strictObject({ written: z.boolean().describe('false: another version was there') }),
  },
  delete_keys: {
    request: z.strictObject({ request_id: RequestId, collection: CollectionName, keys: z.array(Key).max(10_000) }),
    answer: z.strictObject({ deleted: whole.describe('How many existed') }),
  },
  get: {
    request: z.strictObject({ collection: CollectionName, key: Key }),
    answer: z.strictObject({ document: Document.nullable().describe('null: there is none') }),
  },
  count: {
    request: z.strictObject({ collection: CollectionName, from: Bound.optional(), to: Bound.optional() }),
    answer: z.strictObject({ count: whole }),
  },
  /** A part of a scan, in key order; the next part is asked for behind its last key. */
  read_page: {
    request: z.strictObject({
      collection: CollectionName, from: Bound.optional(), to: Bound.optional(), after: Bound.optional().describe('Excluded; in place of from'),
      limit: z.int().min(1).max(10_000),
    }),
    answer: z.strictObject({ more: z.boolean().describe('false: this is the end of the range'), documents: z.array(Document) }),
  },
  find: {
    request: z.strictObject({
      collection: CollectionName, where: Where.optional(), limit: whole.optional(), offset: whole.optional(),
      sort: z.array(z.strictObject({ field: Field, direction: z.enum(['asc', 'desc']) })).max(16).optional(),
    }),
    answer: documents,
  },
  ensure_graph: {
    request: z.strictObject({
      name: CollectionName, edge_collection: CollectionName, from: z.array(CollectionName).max(100), to: z.array(CollectionName).max(100),
    }),
    answer: done,
  },
  neighbors: {
    request: z.strictObject({
      graph: CollectionName, start: z.string().max(500).describe('collection/key'), direction: z.enum(['out', 'in', 'any']), depth: whole, limit: whole,
    }),
    answer: documents,
  },
} as const satisfies Record<string, StoreOperation>

export type StoreOperationName = keyof typeof storeOperations
export type StoreRequest<N extends StoreOperationName> = z.infer<(typeof storeOperations)[N]['request']>
export type StoreAnswer<N extends StoreOperationName> = z.infer<(typeof storeOperations)[N]['answer']>
