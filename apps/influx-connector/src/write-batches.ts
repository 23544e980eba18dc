import { consumeMessages, type Bus, type Consumer } from '@streamforge/bus'
import type { CatalogEntry } from '@streamforge/contracts'
import type { AnyPoint, TimeSeries } from '@streamforge/timeseries'
import type { z } from 'zod'

export interface WriteOptions {
  bus: Bus
  series: TimeSeries
  service: string
  now: () => number
  /** Milliseconds that points are kept; undefined: for ever. */
  retentionMs: number | undefined
  /** Points that are too old to be kept, left out. */
  onExpired: (measurement: string, points: number) => void
  /** Whether the series could be written just now. */
  onWritable: (writable: boolean) => void
}

/** One request of InfluxDB, one transaction of the embedded file. Rows of features are large: more at once is more memory, and not faster. */
const batchSize = 2_000
/** A database that deletes by age may refuse what it is about to delete. */
const marginMs = 3_600_000

/**
 * Consumes messages of one kind and writes their points; offsets are committed when they are durable. What does not fit its schema, and what the
 * database refuses for good, becomes a dead letter.
 */
export function writeBatches<S extends z.ZodType>(
  options: WriteOptions, entry: CatalogEntry<S>, from: { group: string; topics?: readonly string[] }, pointsOf: (value: z.infer<S>) => AnyPoint[],
): Promise<Consumer> {
  const { bus, series, service, now } = options
  return consumeMessages(bus, entry, { ...from, from: 'earliest', service, maxBatch: batchSize, now }, async ({ messages }) => {
    const points = withoutExpired(messages.flatMap(({ value }) => pointsOf(value)), options)
    if (points.length === 0) return
    try {
      await series.writePoints(points)
      options.onWritable(true)
    } catch (error) {
      options.onWritable(false)
      throw error
    }
  })
}

function withoutExpired(points: AnyPoint[], { retentionMs, now, onExpired }: WriteOptions): AnyPoint[] {
  if (retentionMs === undefined) return points
  const oldest = now() - retentionMs + marginMs
  const kept = points.filter((point) => point.time >= oldest)
  if (kept.length === points.length) return points
  for (const [measurement, of] of Map.groupBy(points.filter((point) => point.time < oldest), (point) => point.measurement)) onExpired(measurement, of.length)
  return kept
}
