import { measurements, type FieldName, type MeasurementName, type TagName } from '@streamforge/contracts'

/** What a panel asks. Data sources are chosen on the dashboard, by the variables `prometheus` and `influxdb`. */
export type Target = PromTarget | FluxTarget
interface PromTarget { datasource: { type: 'prometheus'; uid: string }; expr: string; legendFormat: string; instant?: boolean; format?: 'table' }
interface FluxTarget { datasource: { type: 'influxdb'; uid: string }; query: string }

export const prom = (expr: string, legendFormat: string): PromTarget => ({ datasource: { type: 'prometheus', uid: '${prometheus}' }, expr, legendFormat })
/** The newest values only, as rows. */
export const promTable = (expr: string): PromTarget => ({ ...prom(expr, ''), instant: true, format: 'table' })

export interface FluxQuery<N extends MeasurementName> {
  measurement: N
  fields: readonly FieldName<N>[]
  /** Tags that must equal a value, such as a variable of the dashboard; a list of chosen values is a regular expression. */
  where?: Partial<Record<TagName<N>, string>>
  /** Kept apart; the others are put together. */
  by?: readonly TagName<N>[]
  aggregate: 'last' | 'mean' | 'sum' | 'count' | 'max' | 'min'
}

/** Flux for one measurement, a point a window of the panel. */
export function flux<N extends MeasurementName>({ measurement, fields, where = {}, by = [], aggregate }: FluxQuery<N>): FluxTarget {
  const conditions = [
    `r._measurement == "${measurement}"`, fields.map((field) => `r._field == "${field}"`).join(' or '),
    ...Object.entries(where as Record<string, string>).map(([tag, value]) => `r.${tag} =~ /^\${${value}:regex}$/`),
  ]
  const columns = ['_field', ...by].map((column) => `"${column}"`).join(', ')
  return influx([
    'from(bucket: "${bucket}")', 'range(start: v.timeRangeStart, stop: v.timeRangeStop)', ...conditions.map((condition) => `filter(fn: (r) => ${condition})`),
    `group(columns: [${columns}])`, 'sort(columns: ["_time"])', `aggregateWindow(every: v.windowPeriod, fn: ${aggregate}, createEmpty: false)`,
  ].join('\n  |> '))
}

const influx = (query: string): FluxTarget => ({ datasource: { type: 'influxdb', uid: '${influxdb}' }, query })

/** The values of a tag, for a variable. */
export function tagValues<N extends MeasurementName>(measurement: N, tag: TagName<N>): string {
  if (!(tag in measurements[measurement].tags)) throw new Error(`${measurement} has no tag ${tag}`)
  return `import "influxdata/influxdb/schema"\nschema.tagValues(bucket: "\${bucket}", tag: "${tag}", predicate: (r) => r._measurement == "${measurement}", start: -30d)`
}
