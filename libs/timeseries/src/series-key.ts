import { measurements, type Measurement, type MeasurementName } from '@streamforge/contracts'

const definitions: Readonly<Record<string, Measurement>> = measurements

/** A measurement's own description of itself. */
export const definitionOf = (name: MeasurementName): Measurement => definitions[name]!

const tagNames = new Map(Object.entries(definitions).map(([name, { tags }]) => [name, Object.keys(tags).toSorted()]))

/** Names of a measurement's tags, sorted; undefined when there is no such measurement. */
export const tagNamesOf = (measurement: string): readonly string[] | undefined => tagNames.get(measurement)

/** The same for equal tags and no others: `candles,interval=5m,symbol=BTCUSDT,venue=binance`, as InfluxDB's line protocol writes a series. */
export function seriesKey(measurement: string, tags: Readonly<Record<string, string>>): string {
  let key = measurement
  for (const name of tagNames.get(measurement) ?? []) key += `,${name}=${escapeTag(tags[name]!)}`
  return key
}

const special = /[,= \\]/

/** Of line protocol. A backslash stays one: only commas, equals signs and spaces are escaped there. */
function escapeTag(value: string): string {
  return special.test(value) ? value.replaceAll(/[,= ]/g, '\\$&') : value
}
