import { StreamForgeError, type MeasurementName } from '@streamforge/contracts'
import { definitionOf } from './series-key.ts'
import { aggregates, type Aggregate, type SeriesQuery } from './time-series.ts'

/** A query with everything said. */
export interface CheckedQuery {
  measurement: MeasurementName
  from: number
  to: number
  tags: ReadonlyMap<string, readonly string[]>
  fields: readonly string[]
  window: { every: number; aggregate: Aggregate } | undefined
  limit: number
}

const defaultLimit = 10_000

/** @throws StreamForgeError INVALID_FIELD naming what is wrong */
export function checkQuery<N extends MeasurementName>(query: SeriesQuery<N>): CheckedQuery {
  const { measurement, from, to, window, limit = defaultLimit } = query
  const tags = checkTags(measurement, query.tags)
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from >= to) throw invalid('from', 'from and to are milliseconds, from before to')
  if (!Number.isInteger(limit) || limit < 1) throw invalid('limit', 'limit is a whole number from 1 on')
  if (window && (!Number.isInteger(window.every) || window.every < 1)) throw invalid('window', "a window's length is a whole number of milliseconds from 1 on")
  if (window && !aggregates.includes(window.aggregate)) throw invalid('window', `an aggregate is one of ${aggregates.join(', ')}`)
  return { measurement, from, to, tags, fields: checkFields(measurement, query.fields, window?.aggregate), window, limit }
}

/** @throws StreamForgeError INVALID_FIELD */
export function checkTags(measurement: MeasurementName, filter: Readonly<Record<string, string | readonly string[] | undefined>> = {}): ReadonlyMap<string, readonly string[]> {
  const definition = definitionOf(measurement)
  if (definition === undefined) throw invalid('measurement', `there is no measurement '${String(measurement)}'`)
  const wanted = Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [[name, typeof value === 'string' ? [value] : value] as const]))
  for (const [name] of wanted) if (!(name in definition.tags)) throw invalid('tags', `${measurement} has no tag '${name}'`)
  return new Map(wanted)
}

const ofNumbers: ReadonlySet<Aggregate> = new Set(['mean', 'min', 'max', 'sum'])

function checkFields(measurement: MeasurementName, wanted: readonly string[] | undefined, aggregate: Aggregate | undefined): readonly string[] {
  const { fields } = definitionOf(measurement)
  const numbersOnly = aggregate !== undefined && ofNumbers.has(aggregate)
  if (wanted === undefined) return Object.keys(fields).filter((name) => !numbersOnly || fields[name]!.type !== 'boolean')
  for (const name of wanted) {
    if (!(name in fields)) throw invalid('fields', `${measurement} has no field '${name}'`)
    if (numbersOnly && fields[name]!.type === 'boolean') throw invalid('fields', `${name} is true or false: it has no ${aggregate}`)
  }
  if (wanted.length === 0) throw invalid('fields', 'at least one field is wanted')
  return wanted
}

const invalid = (field: string, message: string) => new StreamForgeError('INVALID_FIELD', message, { details: { field } })
