import { StreamForgeError, type MeasurementName } from '@streamforge/contracts'
import { definitionOf, seriesKey, tagNamesOf } from '../series-key.ts'
import type { FieldValue, SeriesRow } from '../time-series.ts'
import type { Connection } from './connection.ts'

/** Runs Flux whose rows have `_time`, the tags, and a column a field. */
export async function readRows({ client, org, call }: Connection, measurement: MeasurementName, flux: string): Promise<SeriesRow[]> {
  const found = await call(() => client.getQueryApi(org).collectRows<Record<string, unknown>>(flux))
  return found.map((row) => toRow(measurement, row))
}

function toRow(measurement: MeasurementName, found: Readonly<Record<string, unknown>>): SeriesRow {
  const fields: Record<string, FieldValue> = {}
  for (const name in definitionOf(measurement).fields) {
    const value = found[name]
    if (typeof value === 'number' || typeof value === 'boolean') fields[name] = value
  }
  const tags = Object.fromEntries(tagNamesOf(measurement)!.map((name) => [name, String(found[name])]))
  return { tags, ...instantOf(String(found['_time'])), fields }
}

const rfc3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/

/** `2024-08-01T00:00:00.123000456Z`: InfluxDB leaves zeros at the end out. */
function instantOf(text: string): { time: number; sub: number } {
  const parts = rfc3339.exec(text)
  if (!parts) throw new StreamForgeError('STORE_UNAVAILABLE', `InfluxDB answered '${text.slice(0, 60)}' where a time was expected`)
  const nanoseconds = (parts[2] ?? '').padEnd(9, '0')
  return { time: Date.parse(`${parts[1]}Z`) + Number(nanoseconds.slice(0, 3)), sub: Number(nanoseconds.slice(3)) }
}

/** Of each series the newest row: fields of an earlier one are not part of its newest point. */
export function newestOfSeries(measurement: MeasurementName, rows: readonly SeriesRow[]): SeriesRow[] {
  const newest = new Map<string, SeriesRow>()
  for (const row of rows) {
    const key = seriesKey(measurement, row.tags)
    const known = newest.get(key)
    if (!known || row.time > known.time || (row.time === known.time && row.sub > known.sub)) newest.set(key, row)
  }
  return [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}
