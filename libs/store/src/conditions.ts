import { StreamForgeError } from '@streamforge/contracts'
import { checkFieldName } from './names.ts'
import type { FindQuery, Scalar, Where } from './store.ts'

export type Condition =
  | { field: string; operator: 'eq'; value: Scalar }
  | { field: string; operator: 'in'; values: readonly Scalar[] }
  | { field: string; operator: 'gte' | 'gt' | 'lt' | 'lte'; value: string | number }

export interface CheckedQuery {
  conditions: Condition[]
  /** Always ends with `_key`, so that the order is total. */
  sort: { field: string; direction: 'asc' | 'desc' }[]
  limit: number
  offset: number
}

const bounds = ['gte', 'gt', 'lt', 'lte'] as const

/**
 * A query with its defaults filled in and its conditions one by one, the same for all adapters. A bound compares only
 * values of its own type: `{ lt: 5 }` does not match strings or null.
 * @throws StreamForgeError STORE_REJECTED
 */
export function checkQuery(query: FindQuery = {}): CheckedQuery {
  const sort = (query.sort ?? []).map(({ field, direction }) => {
    checkFieldName(field)
    if (direction !== 'asc' && direction !== 'desc') throw rejected(`the direction of '${field}' must be 'asc' or 'desc'`)
    return { field, direction }
  })
  if (!sort.some(({ field }) => field === '_key')) sort.push({ field: '_key', direction: 'asc' })
  return {
    conditions: Object.entries(query.where ?? {}).flatMap(([field, form]) => conditionsOf(field, form)),
    sort,
    limit: wholeNumber('limit', query.limit ?? 1000),
    offset: wholeNumber('offset', query.offset ?? 0),
  }
}

function conditionsOf(field: string, form: Where[string] | undefined): Condition[] {
  checkFieldName(field)
  if (form === undefined) throw rejected(`the condition on '${field}' is undefined`)
  if (form === null || typeof form !== 'object') return [{ field, operator: 'eq', value: form }]
  if ('in' in form) return [{ field, operator: 'in', values: [...form.in] }]
  const conditions: Condition[] = []
  for (const operator of bounds) {
    const value = form[operator]
    if (value === undefined) continue
    if (typeof value !== 'number' && typeof value !== 'string') throw rejected(`'${operator}' on '${field}' takes a number or a string`)
    conditions.push({ field, operator, value })
  }
  if (conditions.length === 0) throw rejected(`the condition on '${field}' is empty`)
  return conditions
}

function wholeNumber(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw rejected(`${name} must be a whole number, not ${value}`)
}

const rejected = (message: string) =>
  new StreamForgeError('STORE_REJECTED', message, {
    remedy: 'a condition is a value, { in: [...] }, or one or more of gte, gt, lt and lte',
  })
