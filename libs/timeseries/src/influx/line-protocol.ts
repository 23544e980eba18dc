import { measurementNames, type FieldType, type MeasurementName } from '@streamforge/contracts'
import { definitionOf } from '../series-key.ts'
import type { AnyPoint, FieldValue } from '../time-series.ts'

const fieldTypes = Object.fromEntries(measurementNames.map((name) => [name, Object.fromEntries(Object.entries(definitionOf(name).fields).map(([field, { type }]) => [field, type]))])) as
  Record<MeasurementName, Record<string, FieldType>>

/**
 * A point as one line of InfluxDB's line protocol, its time in nanoseconds
 * (https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/).
 * @param series of the point, which is the line's beginning
 */
export function toLine(point: AnyPoint, series: string): string {
  const types = fieldTypes[point.measurement]
  const fields = point.fields as Readonly<Record<string, FieldValue | undefined>>
  let text = ''
  for (const name in fields) {
    const value = fields[name]
    if (value === undefined) continue
    text += `${text === '' ? ' ' : ','}${name}=${value}`
    if (types[name] === 'integer') text += 'i'
  }
  const { time, sub = 0 } = point
  return `${series}${text} ${time}${sub === 0 ? '000000' : String(sub).padStart(6, '0')}`
}
