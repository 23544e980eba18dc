import type { SQLInputValue } from 'node:sqlite'
import { checkQuery, type Condition } from '../conditions.ts'
import type { FindQuery, Scalar } from '../store.ts'
import { fieldValue, table } from './collections.ts'

const comparison = { gte: '>=', gt: '>', lt: '<', lte: '<=' } as const

/** The SELECT for a query. Values are bound, names were checked. @throws StreamForgeError STORE_REJECTED */
export function findSql(collection: string, query?: FindQuery): { sql: string; parameters: SQLInputValue[] } {
  const { conditions, sort, limit, offset } = checkQuery(query)
  const parameters: SQLInputValue[] = []
  const where = conditions.map((condition) => conditionSql(condition, parameters))
  const order = sort.map(({ field, direction }) => `${fieldValue(field)} ${direction === 'asc' ? 'ASC' : 'DESC'}`)
  parameters.push(limit, offset)
  const filter = where.length > 0 ? ` WHERE ${where.join(' AND ')}` : ''
  return { sql: `SELECT body FROM ${table(collection)}${filter} ORDER BY ${order.join(', ')} LIMIT ? OFFSET ?`, parameters }
}

function conditionSql(condition: Condition, parameters: SQLInputValue[]): string {
  const { field, operator } = condition
  if (operator === 'eq') return equals(field, condition.value, parameters)
  if (operator === 'in') {
    if (condition.values.length === 0) return 'FALSE'
    return `(${condition.values.map((value) => equals(field, value, parameters)).join(' OR ')})`
  }
  parameters.push(condition.value)
  return `(${fieldValue(field)} ${comparison[operator]} ? AND ${isTypeOf(field, condition.value)})`
}

/** json_extract gives true as 1 and a list as text, so the type is compared too; the value comes first for the index. */
function equals(field: string, value: Scalar, parameters: SQLInputValue[]): string {
  if (value === null) return `${fieldValue(field)} IS NULL`
  parameters.push(typeof value === 'boolean' ? Number(value) : value)
  return `(${fieldValue(field)} = ? AND ${isTypeOf(field, value)})`
}

function isTypeOf(field: string, value: string | number | boolean): string {
  if (field === '_key') return typeof value === 'string' ? 'TRUE' : 'FALSE'
  const type = `json_type(body, '$."${field}"')`
  if (typeof value === 'boolean') return `${type} = '${value}'`
  return typeof value === 'string' ? `${type} = 'text'` : `${type} IN ('integer', 'real')`
}
