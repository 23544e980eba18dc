import { measurementNames, type MeasurementName } from '@streamforge/contracts'
import type { PointChecker } from '../check-points.ts'
import { definitionOf } from '../series-key.ts'
import type { AnyPoint, FieldValue } from '../time-series.ts'
import type { SeriesDatabase } from './database.ts'
import { tableOf } from './tables.ts'

/** A transaction holds at most so many points: other writers wait meanwhile. */
const largestTransaction = 5_000

const fieldsOf = Object.fromEntries(measurementNames.map((name) => [name, Object.keys(definitionOf(name).fields)])) as Record<MeasurementName, string[]>

/** A field that a point lacks stays as it was, as in InfluxDB. */
const upserts = Object.fromEntries(measurementNames.map((name) => {
  const fields = fieldsOf[name]
  const updates = fields.map((field) => `"${field}" = coalesce(excluded."${field}", "${field}")`)
  return [name, `INSERT INTO ${tableOf(name)} (series, time, sub, ${fields.map((field) => `"${field}"`).join(', ')}) VALUES (${
    Array(fields.length + 3).fill('?').join(', ')}) ON CONFLICT DO UPDATE SET ${updates.join(', ')}`]
})) as Record<MeasurementName, string>

interface Row {
  measurement: MeasurementName
  key: string
  tags: Readonly<Record<string, string>>
  /** Without the series' number, which is known inside the transaction only. */
  values: (number | null)[]
}

/** Writes points in transactions of limited size; checks them all before. */
export class PointWriter {
  readonly #database: SeriesDatabase
  readonly #checker: PointChecker
  readonly #ids = new Map<string, number>()

  constructor(database: SeriesDatabase, checker: PointChecker) {
    this.#database = database
    this.#checker = checker
  }

  /** @throws StreamForgeError STORE_REJECTED, STORE_UNAVAILABLE, STORE_CONFLICT */
  async write(points: readonly AnyPoint[]): Promise<void> {
    const rows = points.map((point) => this.#toRow(point))
    for (let start = 0; start < rows.length; start += largestTransaction) {
      const part = rows.slice(start, start + largestTransaction)
      const fresh = await this.#database.write(() => this.#insert(part))
      // Only now: what a transaction that failed gave out is nobody's.
      for (const [key, id] of fresh) this.#ids.set(key, id)
      await new Promise(setImmediate)
    }
  }

  #toRow(point: AnyPoint): Row {
    const key = this.#checker.seriesOf(point)
    const { measurement, tags, time, sub = 0 } = point
    const fields = point.fields as Readonly<Record<string, FieldValue | undefined>>
    const values: (number | null)[] = [time, sub]
    for (const name of fieldsOf[measurement]) {
      const value = fields[name]
      values.push(value === undefined ? null : Number(value))
    }
    return { measurement, key, tags, values }
  }

  #insert(rows: readonly Row[]): Map<string, number> {
    const fresh = new Map<string, number>()
    for (const row of rows) {
      const id = this.#ids.get(row.key) ?? fresh.get(row.key) ?? this.#idOf(row, fresh)
      this.#database.statement(upserts[row.measurement]).run(id, ...row.values)
    }
    return fresh
  }

  #idOf({ key, measurement, tags }: Row, fresh: Map<string, number>): number {
    this.#database.statement('INSERT INTO series (key, measurement, tags) VALUES (?, ?, ?) ON CONFLICT DO NOTHING').run(key, measurement, JSON.stringify(tags))
    const id = Number(this.#database.statement('SELECT id FROM series WHERE key = ?').get(key)!['id'])
    fresh.set(key, id)
    return id
  }
}
