import { fluxDateTime, fluxDuration, fluxString, type FluxParameterLike } from '@influxdata/influxdb-client'
import { MAX_EPOCH_MS, MIN_EPOCH_MS, type MeasurementName } from '@streamforge/contracts'
import type { CheckedQuery } from '../check-query.ts'
import { tagNamesOf } from '../series-key.ts'

const text = (value: FluxParameterLike) => value.toString()
const instant = (ms: number) => text(fluxDateTime(new Date(ms).toISOString()))
const list = (values: readonly string[]) => values.map((value) => text(fluxString(value))).join(', ')
const equalsAny = (column: string, values: readonly string[]) => `(${values.map((value) => `r[${text(fluxString(column))}] == ${text(fluxString(value))}`).join(' or ') || 'false'})`

/** Flux that finds rows: one a series and instant, with a column a field. Values are escaped by the driver. */
export function queryFlux(bucket: string, query: CheckedQuery): string {
  const { measurement, from, to, tags, fields, window, limit } = query
  return [
    ...source(bucket, { measurement, from, to, tags }),
    `  |> filter(fn: (r) => ${equalsAny('_field', fields)})`,
    ...(window ? [`  |> aggregateWindow(every: ${text(fluxDuration(`${window.every}ms`))}, fn: ${window.aggregate}, timeSrc: "_start", createEmpty: false)`] : []),
    ...fieldsAsColumns(measurement),
    '  |> group()',
    `  |> sort(columns: [${list(['_time', ...tagNamesOf(measurement)!])}])`,
    `  |> limit(n: ${limit})`,
  ].join('\n')
}

/** Flux that finds the last value of every field of every series. */
export function latestFlux(bucket: string, measurement: MeasurementName, tags: ReadonlyMap<string, readonly string[]>): string {
  return [...source(bucket, { measurement, from: MIN_EPOCH_MS, to: MAX_EPOCH_MS, tags }), '  |> last()', ...fieldsAsColumns(measurement), '  |> group()'].join('\n')
}

function source(bucket: string, { measurement, from, to, tags }: Pick<CheckedQuery, 'measurement' | 'from' | 'to' | 'tags'>): string[] {
  return [
    `from(bucket: ${text(fluxString(bucket))})`,
    `  |> range(start: ${instant(from)}, stop: ${instant(to)})`,
    `  |> filter(fn: (r) => r._measurement == ${text(fluxString(measurement))})`,
    ...[...tags].map(([name, values]) => `  |> filter(fn: (r) => ${equalsAny(name, values)})`),
  ]
}

const fieldsAsColumns = (measurement: MeasurementName) => [
  `  |> keep(columns: [${list(['_time', '_field', '_value', ...tagNamesOf(measurement)!])}])`,
  '  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")',
]
