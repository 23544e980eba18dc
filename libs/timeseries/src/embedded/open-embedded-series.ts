import { measurementNames, type MeasurementName } from '@streamforge/contracts'
import { createPointChecker, defaultMostSeries } from '../check-points.ts'
import { checkQuery, checkTags } from '../check-query.ts'
import { startTimer } from '../channels.ts'
import type { AnyPoint, SeriesQuery, SeriesRow, TagFilter, TimeSeries } from '../time-series.ts'
import { SeriesDatabase } from './database.ts'
import { readLatest, readRows } from './read-points.ts'
import { ensureTables, tableOf } from './tables.ts'
import { PointWriter } from './write-points.ts'

export interface EmbeddedSeriesOptions {
  file: string
  /** NORMAL (default): what was written survives the death of any process. FULL: the loss of power too; slower. */
  synchronous?: 'NORMAL' | 'FULL'
  /** How long a call goes on waiting for other processes' locks, in milliseconds; default 30 000. */
  patienceMs?: number
  /** Of one measurement, as one process sees it; default 100 000. */
  mostSeries?: number
  random?: () => number
}

/** Time series in one SQLite file. @throws StreamForgeError STORE_UNAVAILABLE, STORE_CONFLICT */
export async function openEmbeddedSeries(options: EmbeddedSeriesOptions): Promise<TimeSeries> {
  const { file, synchronous = 'NORMAL', patienceMs = 30_000, mostSeries = defaultMostSeries, random = Math.random } = options
  const database = await SeriesDatabase.open({ file, synchronous, patienceMs, random })
  try {
    await database.write(() => ensureTables(database))
  } catch (error) {
    database.close()
    throw error
  }
  return new EmbeddedSeries(database, mostSeries)
}

/** Rows deleted in one transaction; others wait meanwhile. */
const deletedAtOnce = 20_000

class EmbeddedSeries implements TimeSeries {
  readonly kind = 'embedded'
  readonly #database: SeriesDatabase
  readonly #writer: PointWriter

  constructor(database: SeriesDatabase, mostSeries: number) {
    this.#database = database
    this.#writer = new PointWriter(database, createPointChecker(mostSeries))
  }

  async writePoints(points: readonly AnyPoint[]): Promise<void> {
    const done = startTimer(points)
    await this.#writer.write(points)
    done()
  }

  async query<N extends MeasurementName>(query: SeriesQuery<N>): Promise<SeriesRow[]> {
    const checked = checkQuery(query)
    return this.#database.read(() => readRows(this.#database, checked))
  }

  async latest<N extends MeasurementName>(measurement: N, tags?: TagFilter<N>): Promise<SeriesRow[]> {
    const checked = checkTags(measurement, tags)
    return this.#database.read(() => readLatest(this.#database, measurement, checked))
  }

  async keepFor(retentionMs: number | undefined, now: number): Promise<void> {
    if (retentionMs === undefined) return
    for (const name of measurementNames) await this.#deleteBefore(name, now - retentionMs)
  }

  async #deleteBefore(measurement: MeasurementName, before: number): Promise<void> {
    const ids = await this.#database.read(() => this.#database.statement('SELECT id FROM series WHERE measurement = ?').all(measurement).map((row) => Number(row['id'])))
    const table = tableOf(measurement)
    const sql = `DELETE FROM ${table} WHERE series = ? AND (time, sub) IN (SELECT time, sub FROM ${table} WHERE series = ? AND time < ? ORDER BY time LIMIT ${deletedAtOnce})`
    for (const id of ids) {
      for (;;) {
        const deleted = await this.#database.write(() => Number(this.#database.statement(sql).run(id, id, before).changes))
        await new Promise(setImmediate)
        if (deleted < deletedAtOnce) break
      }
    }
  }

  async close(): Promise<void> {
    this.#database.close()
  }
}
