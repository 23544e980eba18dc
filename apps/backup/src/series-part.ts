import { type BackupManifest, measurementNames, type MeasurementName } from '@streamforge/contracts'
import type { AnyPoint, SeriesRow, TimeSeries } from '@streamforge/timeseries'
import { canonicalJson } from './canonical-json.ts'
import type { ContentPool, ContentSink } from './content-pool.ts'
import { notEmpty } from './not-empty.ts'

type Part = NonNullable<BackupManifest['series']>

/** The years that the series take, in milliseconds since the epoch. */
const span = { from: Date.UTC(2000, 0, 1), to: Date.UTC(2100, 0, 1) }
const windowMs = 30 * 86_400_000
const pageRows = 5_000

export async function takeSeries(series: TimeSeries, sink: ContentSink): Promise<Part> {
  const measurements: Part['measurements'] = []
  for (const name of measurementNames) {
    const contents = await sink.addLines(linesOf(series, name))
    measurements.push({ name, rows: contents.reduce((sum, { rows = 0 }) => sum + rows, 0), contents })
  }
  return { from: series.kind, measurements }
}

async function* linesOf(series: TimeSeries, measurement: MeasurementName): AsyncGenerator<string> {
  // Months without points are skipped: a server sorts what it is asked for, so it is asked for little at a time.
  const counted = await series.query({ measurement, ...span, window: { every: windowMs, aggregate: 'count' }, limit: 1_000_000 })
  const months = [...new Set(counted.map(({ time }) => time - (((time % windowMs) + windowMs) % windowMs)))].sort((a, b) => a - b)
  for (const from of months) yield* rowLines(series, measurement, from, from + windowMs)
}

/** Pages end between two instants: points of one instant are in one page, in an order of our own. */
async function* rowLines(series: TimeSeries, measurement: MeasurementName, from: number, to: number): AsyncGenerator<string> {
  let limit = pageRows
  for (let next = from; next < to;) {
    const rows = await series.query({ measurement, from: next, to, limit })
    const last = rows.at(-1)?.time
    if (last === undefined) return
    const whole = rows.length < limit ? rows : rows.filter(({ time }) => time < last)
    if (whole.length === 0) {
      limit *= 2
      continue
    }
    yield* sortedLines(whole)
    if (rows.length < limit) return
    next = last
    limit = pageRows
  }
}

function* sortedLines(rows: readonly SeriesRow[]): Generator<string> {
  for (const { line } of rows.map((row) => ({ time: row.time, line: canonicalJson(row) })).sort((a, b) => a.time - b.time || (a.line < b.line ? -1 : 1))) yield line
}

/** A time series has no delete: with force what is there stays, and points of the backup replace those of the same identity. */
export async function checkSeriesEmpty(series: TimeSeries, force: boolean): Promise<void> {
  if (force) return
  for (const name of measurementNames) {
    if ((await series.latest(name)).length > 0) throw notEmpty(`the time series have points of ${name}`)
  }
}

export async function restoreSeries(series: TimeSeries, part: Part, pool: ContentPool): Promise<void> {
  for (const { name, contents } of part.measurements) {
    for (const content of contents) {
      const points = (await pool.readLines(content)).map((line) => ({ measurement: name, ...JSON.parse(line) as SeriesRow }) as AnyPoint)
      for (let start = 0; start < points.length; start += pageRows) await series.writePoints(points.slice(start, start + pageRows))
    }
  }
}

/** Measurements of which points are missing or have other values than in the backup. */
export async function missingPoints(series: TimeSeries, part: Part, pool: ContentPool): Promise<string[]> {
  const missing: string[] = []
  for (const { name, contents } of part.measurements) {
    for (const content of contents) {
      const lines = await pool.readLines(content)
      const times = [lines[0]!, lines.at(-1)!].map((line) => (JSON.parse(line) as SeriesRow).time)
      const there = new Set<string>()
      for await (const line of rowLines(series, name, times[0]!, times[1]! + 1)) there.add(line)
      if (lines.some((line) => !there.has(line))) missing.push(`series ${name}`)
    }
  }
  return [...new Set(missing)]
}
