import type { MeasurementName } from '@streamforge/contracts'
import type { CheckedQuery } from '../check-query.ts'
import { definitionOf } from '../series-key.ts'
import type { Aggregate, FieldValue, SeriesRow } from '../time-series.ts'
import type { SeriesDatabase } from './database.ts'
import { tableOf } from './tables.ts'

interface Series {
  id: number
  key: string
  tags: Record<string, string>
}

type Found = Record<string, unknown>

/** The series of a measurement with these tags, in the order of their keys. */
export function findSeries(database: SeriesDatabase, measurement: MeasurementName, tags: ReadonlyMap<string, readonly string[]>): Series[] {
  const rows = database.statement('SELECT id, key, tags FROM series WHERE measurement = ? ORDER BY key').all(measurement)
  return rows.map((row) => ({ id: Number(row['id']), key: String(row['key']), tags: JSON.parse(String(row['tags'])) as Record<string, string> }))
    .filter((series) => [...tags].every(([name, values]) => values.includes(series.tags[name]!)))
}

/** @returns rows in the order of time, then of their series */
export function readRows(database: SeriesDatabase, query: CheckedQuery): SeriesRow[] {
  const read = query.window ? readWindows : readPoints
  const rows = findSeries(database, query.measurement, query.tags).flatMap((series) => read(database, query, series))
  // Stable: rows of one instant stay in the order of their series.
  return rows.sort((a, b) => a.time - b.time || a.sub - b.sub).slice(0, query.limit)
}

export function readLatest(database: SeriesDatabase, measurement: MeasurementName, tags: ReadonlyMap<string, readonly string[]>): SeriesRow[] {
  const sql = `SELECT * FROM ${tableOf(measurement)} WHERE series = ? ORDER BY time DESC, sub DESC LIMIT 1`
  return findSeries(database, measurement, tags).flatMap((series) => {
    const found = database.statement(sql).get(series.id) as Found | undefined
    return found ? toRow(measurement, series, found) ?? [] : []
  })
}

const quoted = (fields: readonly string[]) => fields.map((field) => `"${field}"`)
const inRange = 'series = ? AND time >= ? AND time < ?'

function readPoints(database: SeriesDatabase, { measurement, fields, from, to, limit }: CheckedQuery, series: Series): SeriesRow[] {
  const any = quoted(fields).map((field) => `${field} IS NOT NULL`).join(' OR ')
  const sql = `SELECT time, sub, ${quoted(fields).join(', ')} FROM ${tableOf(measurement)} WHERE ${inRange} AND (${any}) ORDER BY time, sub LIMIT ?`
  return database.statement(sql).all(series.id, from, to, limit).flatMap((found) => toRow(measurement, series, found) ?? [])
}

const functions = { mean: 'avg', min: 'min', max: 'max', sum: 'sum', count: 'count' } as const satisfies Partial<Record<Aggregate, string>>

function readWindows(database: SeriesDatabase, query: CheckedQuery, series: Series): SeriesRow[] {
  const { every, aggregate } = query.window!
  if (aggregate === 'first' || aggregate === 'last') return readEnds(database, query, series, aggregate === 'first' ? 'min' : 'max')
  const values = quoted(query.fields).map((field) => `${functions[aggregate]}(${field}) AS ${field}`)
  const sql = `SELECT time / ${every} * ${every} AS time, 0 AS sub, ${values.join(', ')} FROM ${tableOf(query.measurement)} WHERE ${inRange} GROUP BY 1 ORDER BY 1 LIMIT ?`
  return database.statement(sql).all(series.id, query.from, query.to, query.limit)
    .flatMap((found) => toRow(query.measurement, series, aggregate === 'count' ? withoutZeros(found, query.fields) : found, aggregate) ?? [])
}

/** A field that no point of a window has is absent there, not counted as 0 times. */
function withoutZeros(found: Found, fields: readonly string[]): Found {
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, fields.includes(name) && value === 0 ? null : value]))
}

/** First or last values: each field's own, since points need not have all fields. SQLite takes a bare column from the row that has the minimum or maximum. */
function readEnds(database: SeriesDatabase, query: CheckedQuery, series: Series, extreme: 'min' | 'max'): SeriesRow[] {
  const { every } = query.window!
  const windows = new Map<number, Found>()
  for (const field of quoted(query.fields)) {
    // As text: the instant in nanoseconds is more than a number holds exactly.
    const sql = `SELECT time / ${every} * ${every} AS window, ${field}, CAST(${extreme}(time * 1000000 + sub) AS TEXT) AS at FROM ${
      tableOf(query.measurement)} WHERE ${inRange} AND ${field} IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT ?`
    const rows = database.statement(sql).all(series.id, query.from, query.to, query.limit)
    for (const row of rows) {
      const window = Number(row['window'])
      windows.set(window, { time: window, sub: 0, ...windows.get(window), ...row })
    }
  }
  return [...windows.values()].sort((a, b) => Number(a['time']) - Number(b['time'])).flatMap((found) => toRow(query.measurement, series, found) ?? [])
}

/** Undefined for a row without any of the fields. */
function toRow(measurement: MeasurementName, series: Series, found: Found, aggregate?: Aggregate): SeriesRow | undefined {
  const definitions = definitionOf(measurement).fields
  const fields: Record<string, FieldValue> = {}
  for (const name in definitions) {
    const value = found[name]
    if (typeof value === 'number') fields[name] = definitions[name]!.type === 'boolean' && aggregate === undefined ? value !== 0 : value
  }
  if (Object.keys(fields).length === 0) return undefined
  return { tags: series.tags, time: Number(found['time']), sub: Number(found['sub']), fields }
}
