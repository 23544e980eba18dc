import { failure, openDatabase, type Exchange } from './exchange.ts'

const described = (name: string, type: 2 | 3) => ({ error: false, code: 200, id: '70137', name, type, status: 3, isSystem: false, globallyUniqueId: 'h5C3DDE5391BF/70137' })
const missing = (name: string) => failure(404, 1203, `collection or view not found: ${name}`)

export const makeDatabase: Exchange[] = [
  { method: 'GET', path: '/_api/database/current', status: 404, answer: failure(404, 1228, 'database not found') },
  { method: 'POST', path: '/_db/_system/_api/database', body: { name: 'market', options: {} }, status: 201, answer: { error: false, code: 201, result: true } },
]

/** Another service made the database between the question and the request. */
export const makeDatabaseAtOnce: Exchange[] = [
  makeDatabase[0]!,
  { ...makeDatabase[1]!, status: 409, answer: failure(409, 1207, 'duplicate database name') },
]

export const unauthorized: Exchange[] = [{ ...openDatabase, status: 401, answer: failure(401, 11, 'not authorized to execute this request') }]

const index = (fields: string[], status: 200 | 201): Exchange => ({
  method: 'POST', path: '/_api/index', query: { collection: 'queues' }, body: { type: 'persistent', fields, inBackground: true }, status,
  answer: { error: false, code: status, id: 'queues/74043', type: 'persistent', fields, unique: false, sparse: false, isNewlyCreated: status === 201 },
})

export const makeCollection: Exchange[] = [
  { method: 'GET', path: '/_api/collection/queues', status: 404, answer: missing('queues') },
  { method: 'POST', path: '/_api/collection', body: { name: 'queues', type: 2 }, status: 200, answer: described('queues', 2) },
  { method: 'GET', path: '/_api/collection/queues', status: 200, answer: described('queues', 2) },
  index(['status'], 201), index(['workflow_id', 'status'], 200),
]

export const makeCollectionAtOnce: Exchange[] = [
  { method: 'GET', path: '/_api/collection/queues', status: 404, answer: missing('queues') },
  { method: 'POST', path: '/_api/collection', body: { name: 'queues', type: 3 }, status: 409, answer: failure(409, 1207, 'duplicate name') },
  { method: 'GET', path: '/_api/collection/queues', status: 200, answer: described('queues', 3) },
]

export const otherKind: Exchange[] = [
  { method: 'GET', path: '/_api/collection/queues', status: 200, answer: described('queues', 3) },
  { method: 'GET', path: '/_api/collection/queues', status: 200, answer: described('queues', 3) },
]

export const drop: Exchange[] = [
  { method: 'DELETE', path: '/_api/collection/queues', status: 200, answer: { error: false, code: 200, id: '70199' } },
  { method: 'DELETE', path: '/_api/collection/queues', status: 404, answer: missing('queues') },
]

const counted = (name: string, type: 2 | 3, count: number): Exchange => ({
  method: 'GET', path: `/_api/collection/${name}/count`, status: 200, answer: { ...described(name, type), count },
})
export const list: Exchange[] = [
  {
    method: 'GET', path: '/_api/collection', query: { excludeSystem: 'true' }, status: 200,
    answer: { error: false, code: 200, result: [described('queues', 2), described('edges', 3)] },
  },
  counted('queues', 2, 100), counted('edges', 3, 0),
]
export const countAll: Exchange[] = [counted('queues', 2, 100)]

const graph = (to: string[]) => ({
  error: false, code: 200,
  graph: { _key: 'assets', _id: '_graphs/assets', _rev: '_l6zhVoa--_', name: 'assets', orphanCollections: [], edgeDefinitions: [{ collection: 'correlations', from: ['stocks'], to }] },
})
const definition = (to: string[]) => ({ collection: 'correlations', from: ['stocks'], to })

export const makeGraph: Exchange[] = [
  { method: 'GET', path: '/_api/gharial/assets', status: 404, answer: failure(404, 1924, "graph 'assets' not found") },
  {
    method: 'POST', path: '/_api/gharial', query: { waitForSync: 'false' }, status: 202, answer: { ...graph(['stocks']), code: 202 },
    body: { name: 'assets', edgeDefinitions: [definition(['stocks'])], options: {} },
  },
]
export const widenGraph: Exchange[] = [
  { method: 'GET', path: '/_api/gharial/assets', status: 200, answer: graph(['stocks']) },
  { method: 'GET', path: '/_api/gharial/assets', status: 200, answer: graph(['stocks']) },
  {
    method: 'PUT', path: '/_api/gharial/assets/edge/correlations', body: { ...definition(['stocks', 'sectors']), options: {} }, status: 202,
    answer: { ...graph(['sectors', 'stocks']), code: 202 },
  },
]
export const sameGraph: Exchange[] = [
  { method: 'GET', path: '/_api/gharial/assets', status: 200, answer: graph(['sectors', 'stocks']) },
  { method: 'GET', path: '/_api/gharial/assets', status: 200, answer: graph(['sectors', 'stocks']) },
]
