import { checkQuery, type Condition } from '../conditions.ts'
import type { FindQuery, KeyRange } from '../store.ts'

/** AQL is only for reading, and values and names only travel as bind variables. */
export interface Query {
  text: string
  bindings: Record<string, unknown>
}

/**
 * ArangoDB compares strings by the rules of the server's language. `bytewise` says that for the characters of keys these
 * rules give the order of their bytes (en_US_POSIX, the default from 3.12 on): the primary index serves ranges then. Elsewhere
 * keys are compared by their hexadecimal form, which sorts alike in every language, at the price of a sort on the server.
 */
export type KeyOrder = 'bytewise' | 'by language'

const keyOf = (order: KeyOrder, variable = 'd._key') => (order === 'bytewise' ? variable : `TO_HEX(${variable})`)
const keyValue = (order: KeyOrder, key: string) => (order === 'bytewise' ? key : Buffer.from(key).toString('hex'))

/** Texts whose order tells the two apart. */
const probes = ['A', 'a', 'B', 'b', 'Z', 'z', '0', '9', 'a0', 'aB', 'a_', 'a-', '_', '-', ':', '.', '@', '(', ')', '+', ',', '=', ';', '$', '!', '*', "'", '%']
export const keyOrderQuery: Query = { text: 'RETURN SORTED(@texts)', bindings: { texts: probes } }
export const readKeyOrder = (sorted: readonly string[]): KeyOrder =>
  [...probes].sort().every((text, i) => text === sorted[i]) ? 'bytewise' : 'by language'

function rangeFilter(range: KeyRange, after: string | undefined, order: KeyOrder, bindings: Record<string, unknown>): string {
  const filters: string[] = []
  const add = (operator: string, name: string, key: string | undefined) => {
    if (key === undefined) return
    bindings[name] = keyValue(order, key)
    filters.push(` FILTER ${keyOf(order)} ${operator} @${name}`)
  }
  if (after === undefined) add('>=', 'from', range.from)
  else add('>', 'after', after)
  add('<', 'to', range.to)
  return filters.join('')
}

/** All documents of a range in key order; `after` goes on behind a key already read. */
export function scanQuery(collection: string, range: KeyRange, order: KeyOrder, after?: string): Query {
  const bindings: Record<string, unknown> = { '@collection': collection }
  const filter = rangeFilter(range, after, order, bindings)
  return { text: `FOR d IN @@collection${filter} SORT ${keyOf(order)} RETURN d`, bindings }
}

export function countQuery(collection: string, range: KeyRange, order: KeyOrder): Query {
  const bindings: Record<string, unknown> = { '@collection': collection }
  const filter = rangeFilter(range, undefined, order, bindings)
  return { text: `FOR d IN @@collection${filter} COLLECT WITH COUNT INTO n RETURN n`, bindings }
}

/** @throws StreamForgeError STORE_REJECTED */
export function findQuery(collection: string, query: FindQuery | undefined, order: KeyOrder): Query {
  const { conditions, sort, limit, offset } = checkQuery(query)
  const bindings: Record<string, unknown> = { '@collection': collection, offset, limit }
  const filters = conditions.map((condition, i) => {
    bindings[`f${i}`] = condition.field
    return ` FILTER ${conditionText(condition, i, bindings)}`
  })
  const sorts = sort.map(({ field, direction }, i) => {
    if (field !== '_key') bindings[`s${i}`] = field
    return `${field === '_key' ? keyOf(order) : `d.@s${i}`} ${direction === 'asc' ? 'ASC' : 'DESC'}`
  })
  return { text: `FOR d IN @@collection${filters.join('')} SORT ${sorts.join(', ')} LIMIT @offset, @limit RETURN d`, bindings }
}

const comparison = { gte: '>=', gt: '>', lt: '<', lte: '<=' } as const

function conditionText(condition: Condition, i: number, bindings: Record<string, unknown>): string {
  if (condition.operator === 'in') {
    bindings[`v${i}`] = condition.values
    return `d.@f${i} IN @v${i}`
  }
  bindings[`v${i}`] = condition.value
  if (condition.operator === 'eq') return `d.@f${i} == @v${i}`
  // AQL orders all types in one row (null < numbers < strings); a bound is meant for its own type only.
  const isType = typeof condition.value === 'number' ? 'IS_NUMBER' : 'IS_STRING'
  return `d.@f${i} ${comparison[condition.operator]} @v${i} AND ${isType}(d.@f${i})`
}

const directions = { out: 'OUTBOUND', in: 'INBOUND', any: 'ANY' } as const

/** An edge may lead to a vertex that is not stored, which comes as null. */
export function neighborsQuery(graph: string, start: string, options: { direction: keyof typeof directions; depth: number; limit: number }): Query {
  const { direction, depth, limit } = options
  return {
    text: `FOR v, e, p IN 1..@depth ${directions[direction]} @start GRAPH @graph OPTIONS { order: 'bfs', uniqueVertices: 'global' }`
      + ' FILTER v != null AND v._id != @start SORT LENGTH(p.edges), TO_HEX(v._id) LIMIT @limit RETURN v',
    bindings: { graph, start, depth, limit },
  }
}
