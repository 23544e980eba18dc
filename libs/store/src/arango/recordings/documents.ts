import { failure, refused, stored, type Exchange } from './exchange.ts'

const path = '/_api/document/candles'
const replace = { overwriteMode: 'replace', returnOld: 'true', waitForSync: 'false' }
const insert = { overwriteMode: 'conflict', returnOld: 'false', waitForSync: 'false' }
const missing = failure(404, 1203, 'collection or view not found: candles')
const busy = 'write-write conflict; key: d'

/** New, replaced by another content, replaced by the same content, a conflict (sent again alone), and a document that the server refuses. */
export const mixedBatch: Exchange[] = [
  {
    method: 'POST', path, query: replace,
    body: [{ _key: 'a', n: 1 }, { _key: 'b', n: 2 }, { _key: 'c', x: 0.1, n: 3 }, { _key: 'd', n: 4 }, { _key: 'e', n: 5 }],
    status: 202, headers: { 'x-arango-error-codes': '{"1200":1,"1216":1}' },
    answer: [
      stored('candles', 'a', '_l6zhVTW---'), stored('candles', 'b', '_l6zhVTW--_', { _rev: '_l6zhVIC---', n: 1 }),
      stored('candles', 'c', '_l6zhVTW--A', { _rev: '_l6zhVIC--_', n: 3, x: 0.1 }), refused(1200, busy), refused(1216, 'document too large'),
    ],
  },
  {
    method: 'POST', path, query: replace, body: [{ _key: 'd', n: 4 }], status: 202, headers: { 'x-arango-error-codes': '{"1200":1}' },
    answer: [refused(1200, busy)],
  },
  { method: 'POST', path, query: replace, body: [{ _key: 'd', n: 4 }], status: 202, answer: [stored('candles', 'd', '_l6zhVXa---')] },
]

/** The request as a whole meets a conflict, then passes. */
export const conflictOfRequest: Exchange[] = [
  { method: 'POST', path, query: replace, body: [{ _key: 'a', n: 1 }], status: 409, answer: failure(409, 1200, 'timeout waiting to lock key') },
  { method: 'POST', path, query: replace, body: [{ _key: 'a', n: 1 }], status: 201, answer: [stored('candles', 'a', '_l6zhVTW---')] },
]

export const endlessConflict: Exchange[] = [
  { method: 'POST', path, query: replace, body: [{ _key: 'a', n: 1 }], status: 202, answer: [refused(1200, busy)] },
]

/** Each key travels once, with its last version. */
export const sameKeys: Exchange[] = [{
  method: 'POST', path, query: replace, body: [{ _key: 'a', n: 3 }, { _key: 'b', n: 1 }], status: 202,
  answer: [stored('candles', 'a', '_l6zhVTW---', { _rev: '_l6zhVIC---', n: 1 }), stored('candles', 'b', '_l6zhVTW--_')],
}]

export const withoutOverwriting: Exchange[] = [{
  method: 'POST', path, query: insert, body: [{ _key: 'a', n: 1 }, { _key: 'b', n: 1 }], status: 202, headers: { 'x-arango-error-codes': '{"1210":1}' },
  answer: [
    refused(1210, 'unique constraint violated - in index primary of type primary over \'_key\'; conflicting key: a'), stored('candles', 'b', '_l6zhVTW---'),
  ],
}]

const conflicting = (key: string) => refused(1210, `unique constraint violated - in index primary of type primary over '_key'; conflicting key: ${key}`)
const readMany = { onlyget: 'true', waitForSync: 'false' }
const atRevision = { ignoreRevs: 'false', returnOld: 'false', waitForSync: 'false' }
const document = (key: string, rev: string, fields: object) => ({ _id: `candles/${key}`, _key: key, _rev: rev, ...fields })

/**
 * Copies of less worth: a new one, one whose better copy is stored, one that is stored as it is, and one that replaces an older copy, at the
 * second go, since another writer was quicker at the first.
 */
export const yieldingCopies: Exchange[] = [
  // The better copies of the batch go first, as always.
  { method: 'POST', path, query: replace, body: [{ _key: 'e', n: 5, copy: false }], status: 202, answer: [stored('candles', 'e', '_l6zhVTW---', { _rev: '_l6zhVIC---', n: 4, copy: true })] },
  {
    method: 'POST', path, query: insert, body: [{ _key: 'a', n: 1, copy: true }, { _key: 'b', n: 2, copy: true }, { _key: 'c', n: 3, copy: true }, { _key: 'd', n: 4, copy: true }],
    status: 202, headers: { 'x-arango-error-codes': '{"1210":3}' },
    answer: [stored('candles', 'a', '_l6zhVTW--_'), conflicting('b'), conflicting('c'), conflicting('d')],
  },
  {
    method: 'PUT', path, query: readMany, body: ['b', 'c', 'd'], status: 200,
    answer: [document('b', '_l6zhVIC--A', { n: 20, copy: false }), document('c', '_l6zhVIC--B', { n: 3, copy: true }), document('d', '_l6zhVIC--C', { n: 40, copy: true })],
  },
  {
    method: 'PUT', path, query: atRevision, body: [{ _key: 'd', n: 4, copy: true, _rev: '_l6zhVIC--C' }], status: 202, headers: { 'x-arango-error-codes': '{"1200":1}' },
    answer: [refused(1200, 'conflict, _rev values do not match')],
  },
  { method: 'POST', path, query: insert, body: [{ _key: 'd', n: 4, copy: true }], status: 202, headers: { 'x-arango-error-codes': '{"1210":1}' }, answer: [conflicting('d')] },
  { method: 'PUT', path, query: readMany, body: ['d'], status: 200, answer: [document('d', '_l6zhVIC--D', { n: 41, copy: true })] },
  { method: 'PUT', path, query: atRevision, body: [{ _key: 'd', n: 4, copy: true, _rev: '_l6zhVIC--D' }], status: 202, answer: [stored('candles', 'd', '_l6zhVXa---')] },
]

export const writeToMissing: Exchange[] = [{ method: 'POST', path, query: replace, body: [{ _key: 'a', n: 1 }], status: 404, answer: missing }]

export const readOne: Exchange[] = [
  {
    method: 'GET', path: `${path}/a%25b%2B`, status: 200, headers: { etag: '"_l6zhVTW---"' },
    answer: { _key: 'a%b+', _id: 'candles/a%b+', _rev: '_l6zhVTW---', price: 23000.12, list: [1, { x: null }] },
  },
  { method: 'GET', path: `${path}/none`, status: 404, answer: failure(404, 1202, 'document not found') },
  { method: 'GET', path: `${path}/a`, status: 404, answer: missing },
]

export const removeMany: Exchange[] = [
  {
    method: 'DELETE', path, query: { waitForSync: 'false' }, body: ['a', 'b', 'c'], status: 200, headers: { 'x-arango-error-codes': '{"1200":1,"1202":1}' },
    answer: [stored('candles', 'a', '_l6zhVTW---'), refused(1202, 'document not found'), refused(1200, busy)],
  },
  { method: 'DELETE', path, query: { waitForSync: 'false' }, body: ['c'], status: 200, answer: [stored('candles', 'c', '_l6zhVXa---')] },
]

const one = { waitForSync: 'false' }
const queue = { _key: 'q', version: 3, state: 'loading' }
const next = { _key: 'q', version: 4, state: 'done' }
const read = (rev: string, version: number): Exchange => ({
  method: 'GET', path: `${path}/q`, status: 200, headers: { etag: `"${rev}"` }, answer: { ...queue, version, _id: 'candles/q', _rev: rev },
})
const put = (rev: string, status: number, answer: unknown): Exchange => ({
  method: 'PUT', path: `${path}/q`, query: one, ifMatch: `"${rev}"`, body: next, status, answer,
})
const revisionsDiffer = { ...failure(412, 1200, 'conflict, _rev values do not match'), _id: 'candles/q', _key: 'q', _rev: '_l6zhVLO--_' }

export const setFirst: Exchange[] = [
  { method: 'POST', path, query: { ...one, overwriteMode: 'conflict' }, body: queue, status: 202, answer: stored('candles', 'q', '_l6zhVLO---') },
  {
    method: 'POST', path, query: { ...one, overwriteMode: 'conflict' }, body: queue, status: 409,
    answer: failure(409, 1210, 'unique constraint violated - in index primary of type primary over \'_key\'; conflicting key: q'),
  },
]
export const setNext: Exchange[] = [
  read('_l6zhVLO---', 3), put('_l6zhVLO---', 202, { ...stored('candles', 'q', '_l6zhVLS---'), _oldRev: '_l6zhVLO---' }),
]
/** Another writer came between reading and writing, with the version expected still there the first time. */
export const setAfterOthers: Exchange[] = [
  read('_l6zhVLO---', 3), put('_l6zhVLO---', 412, revisionsDiffer), read('_l6zhVLO--_', 3),
  put('_l6zhVLO--_', 409, failure(409, 1200, busy)), read('_l6zhVLO--A', 4),
]
export const setMissing: Exchange[] = [
  { method: 'GET', path: `${path}/q`, status: 404, answer: failure(404, 1202, 'document not found') },
]
/** The document was deleted between reading and writing. */
export const setDeleted: Exchange[] = [read('_l6zhVLO---', 3), put('_l6zhVLO---', 404, failure(404, 1202, 'document not found'))]
