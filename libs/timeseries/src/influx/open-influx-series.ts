import type { MeasurementName } from '@streamforge/contracts'
import { createPointChecker, defaultMostSeries, type PointChecker } from '../check-points.ts'
import { checkQuery, checkTags } from '../check-query.ts'
import { startTimer } from '../channels.ts'
import type { AnyPoint, SeriesQuery, SeriesRow, TagFilter, TimeSeries } from '../time-series.ts'
import { connect, setRetention, type Connection, type InfluxSeriesOptions } from './connection.ts'
import { latestFlux, queryFlux } from './flux.ts'
import { toLine } from './line-protocol.ts'
import { newestOfSeries, readRows } from './read-rows.ts'
import { LineWriter } from './write-lines.ts'

/** Time series in a bucket of InfluxDB 2. @throws StreamForgeError STORE_UNAVAILABLE, BAD_CONFIG */
export async function openInfluxSeries(options: InfluxSeriesOptions): Promise<TimeSeries> {
  return new InfluxSeries(await connect(options), createPointChecker(options.mostSeries ?? defaultMostSeries))
}

class InfluxSeries implements TimeSeries {
  readonly kind = 'influx'
  readonly #connection: Connection
  readonly #checker: PointChecker
  readonly #writer: LineWriter

  constructor(connection: Connection, checker: PointChecker) {
    this.#connection = connection
    this.#checker = checker
    this.#writer = new LineWriter(connection)
  }

  async writePoints(points: readonly AnyPoint[]): Promise<void> {
    const done = startTimer(points)
    await this.#writer.write(points.map((point) => ({ text: toLine(point, this.#checker.seriesOf(point)), time: point.time })))
    done()
  }

  async query<N extends MeasurementName>(query: SeriesQuery<N>): Promise<SeriesRow[]> {
    const checked = checkQuery(query)
    const rows = await readRows(this.#connection, checked.measurement, queryFlux(this.#connection.bucket, checked))
    if (!checked.window) return rows
    const { every } = checked.window
    // InfluxDB cuts the first window off at the range's start.
    return rows.map((row) => ({ ...row, time: Math.floor(row.time / every) * every }))
  }

  async latest<N extends MeasurementName>(measurement: N, tags?: TagFilter<N>): Promise<SeriesRow[]> {
    const flux = latestFlux(this.#connection.bucket, measurement, checkTags(measurement, tags))
    return newestOfSeries(measurement, await readRows(this.#connection, measurement, flux))
  }

  keepFor(retentionMs: number | undefined): Promise<void> {
    return setRetention(this.#connection, retentionMs === undefined ? 0 : Math.ceil(retentionMs / 1000))
  }

  async close(): Promise<void> {
    await this.#writer.close()
    this.#connection.close()
  }
}
