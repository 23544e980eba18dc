import { measurementNames, type FieldType, type MeasurementName } from '@streamforge/contracts'
import { definitionOf } from '../series-key.ts'
import type { SeriesDatabase } from './database.ts'

/** A measurement's table: a row a point, a column a field. */
export const tableOf = (measurement: MeasurementName) => `m_${measurement}`

const columnTypes = { float: 'REAL', integer: 'INTEGER', boolean: 'INTEGER' } as const satisfies Record<FieldType, string>

/** Makes what is missing: a release may know more measurements and fields than the one that made the file. */
export function ensureTables(database: SeriesDatabase): void {
  database.execute('CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, measurement TEXT NOT NULL, tags TEXT NOT NULL)')
  database.execute('CREATE INDEX IF NOT EXISTS series_of_measurement ON series (measurement)')
  for (const name of measurementNames) ensureTable(database, name)
}

function ensureTable(database: SeriesDatabase, name: MeasurementName): void {
  const columns = Object.entries(definitionOf(name).fields).map(([field, { type }]) => [field, `"${field}" ${columnTypes[type]}`] as const)
  database.execute(`CREATE TABLE IF NOT EXISTS ${tableOf(name)} (series INTEGER NOT NULL, time INTEGER NOT NULL, sub INTEGER NOT NULL, ${
    columns.map(([, sql]) => sql).join(', ')}, PRIMARY KEY (series, time, sub)) WITHOUT ROWID`)
  // Not kept as a prepared statement: what it reads is changed below.
  const present = new Set(database.statement(`SELECT name FROM pragma_table_info('${tableOf(name)}')`).all().map((row) => row['name']))
  for (const [field, sql] of columns) if (!present.has(field)) database.execute(`ALTER TABLE ${tableOf(name)} ADD COLUMN ${sql}`)
}
