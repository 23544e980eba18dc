import { keyOrderQuery } from '../queries.ts'
import { failure, type Exchange } from './exchange.ts'

const extra = { warnings: [], stats: { writesExecuted: 0, writesIgnored: 0, scannedFull: 0, scannedIndex: 3, filtered: 0 } }
const document = (key: string) => ({ _key: key, _id: `candles/${key}`, _rev: `_l6zh4Q6--${key}`, n: key })

const last = (result: unknown[], code = 201) => ({ result, hasMore: false, cached: false, extra, error: false, code })
const more = (result: unknown[], id: string, code = 201) => ({ result, hasMore: true, id, cached: false, error: false, code })
const query = (text: string, bindVars: object, options: { batchSize: number; ttl?: number; stream?: true }) => ({
  query: text, bindVars, batchSize: options.batchSize, ...(options.ttl ? { ttl: options.ttl } : {}), options: options.stream ? { stream: true } : {},
})

const sorted = (result: string[]): Exchange => ({
  method: 'POST', path: '/_api/cursor', body: query(keyOrderQuery.text, keyOrderQuery.bindings, { batchSize: 1000 }), status: 201, answer: last([result]),
})
const probes = keyOrderQuery.bindings.texts as string[]
/** A server that was initialised with en_US_POSIX sorts characters by their codes. */
export const posixOrder = sorted([...probes].sort())
/** One with en_US puts small letters beside great ones. */
export const englishOrder = sorted([...probes].sort(new Intl.Collator('en-US').compare))

const scan = (filters: string, bindings: object): Exchange['body'] =>
  query(`FOR d IN @@collection${filters} SORT d._key RETURN d`, { '@collection': 'candles', ...bindings }, { batchSize: 2, ttl: 300, stream: true })

export const scanAll: Exchange[] = [
  posixOrder,
  { method: 'POST', path: '/_api/cursor', body: scan('', {}), status: 201, answer: more([document('a'), document('b')], '74151') },
  { method: 'POST', path: '/_api/cursor/74151', status: 200, answer: more([document('c'), document('d')], '74151', 200) },
  { method: 'POST', path: '/_api/cursor/74151', status: 200, answer: last([document('e')], 200) },
]

/** From 3.12 on an answer names the next batch. */
export const scanRange: Exchange[] = [
  posixOrder,
  {
    method: 'POST', path: '/_api/cursor', status: 201, answer: { ...more([document('b'), document('c')], '74151'), nextBatchId: '2' },
    body: scan(' FILTER d._key >= @from FILTER d._key < @to', { from: 'b', to: 'e' }),
  },
  { method: 'POST', path: '/_api/cursor/74151/2', status: 200, answer: last([document('d')], 200) },
]

export const scanWithLostCursor: Exchange[] = [
  posixOrder,
  {
    method: 'POST', path: '/_api/cursor', status: 201, answer: more([document('b'), document('c')], '74151'),
    body: scan(' FILTER d._key >= @from FILTER d._key < @to', { from: 'b', to: 'e' }),
  },
  { method: 'POST', path: '/_api/cursor/74151', status: 404, answer: failure(404, 1600, 'cursor not found: disposed or unknown cursor') },
  {
    method: 'POST', path: '/_api/cursor', status: 201, answer: last([document('d')]),
    body: scan(' FILTER d._key > @after FILTER d._key < @to', { after: 'c', to: 'e' }),
  },
]

export const scanLeftEarly: Exchange[] = [
  ...scanAll.slice(0, 2),
  { method: 'DELETE', path: '/_api/cursor/74151', status: 202, answer: { id: '74151', error: false, code: 202 } },
]

export const scanMissing: Exchange[] = [
  posixOrder,
  { method: 'POST', path: '/_api/cursor', body: scan('', {}), status: 404, answer: failure(404, 1203, 'AQL: collection or view not found: candles (while parsing)') },
]

export const scanByHexadecimal: Exchange[] = [
  englishOrder,
  {
    method: 'POST', path: '/_api/cursor', status: 201, answer: last([document('B'), document('a')]),
    body: query('FOR d IN @@collection FILTER TO_HEX(d._key) >= @from FILTER TO_HEX(d._key) < @to SORT TO_HEX(d._key) RETURN d',
      { '@collection': 'candles', from: '42', to: '62' }, { batchSize: 2, ttl: 300, stream: true }),
  },
]

export const countRange: Exchange[] = [
  posixOrder,
  {
    method: 'POST', path: '/_api/cursor', status: 201, answer: last([3]),
    body: query('FOR d IN @@collection FILTER d._key >= @from COLLECT WITH COUNT INTO n RETURN n', { '@collection': 'candles', from: 'c' }, { batchSize: 1000 }),
  },
]

export const find: Exchange[] = [
  posixOrder,
  {
    method: 'POST', path: '/_api/cursor', status: 201, answer: last([document('a')]),
    body: query(
      'FOR d IN @@collection FILTER d.@f0 == @v0 FILTER d.@f1 IN @v1 FILTER d.@f2 >= @v2 AND IS_NUMBER(d.@f2) FILTER d.@f3 < @v3 AND IS_NUMBER(d.@f3)'
      + ' FILTER d.@f4 > @v4 AND IS_STRING(d.@f4) SORT d.@s0 DESC, d._key ASC LIMIT @offset, @limit RETURN d',
      {
        '@collection': 'candles', offset: 20, limit: 10, f0: 'status', v0: 'running', f1: 'type', v1: ['a', null], f2: 'n', v2: 1, f3: 'n', v3: 5,
        f4: 'name', v4: 'x', s0: 'created_at',
      }, { batchSize: 1000 }),
  },
]

export const neighbors: Exchange[] = [{
  method: 'POST', path: '/_api/cursor', status: 201, answer: last([{ _key: 'meg', _id: 'stocks/meg', _rev: '_l6zh4Q6---', name: 'Megaworld' }]),
  body: query(
    "FOR v, e, p IN 1..@depth INBOUND @start GRAPH @graph OPTIONS { order: 'bfs', uniqueVertices: 'global' } FILTER v != null AND v._id != @start"
    + ' SORT LENGTH(p.edges), TO_HEX(v._id) LIMIT @limit RETURN v',
    { graph: 'assets', start: 'stocks/ali', depth: 2, limit: 50 }, { batchSize: 1000 }),
}]

export const neighborsWithoutGraph: Exchange[] = [{ ...neighbors[0]!, status: 404, answer: failure(404, 1924, "AQL: graph 'assets' not found (while optimizing plan)") }]
