import { channel } from 'node:diagnostics_channel'
import type { AnyPoint } from './time-series.ts'

/** What telemetry may subscribe to; nothing is measured while nobody does. */
export interface SeriesWriteEvent {
  measurement: string
  points: number
  /** Milliseconds from the call until they were durable, of the whole batch. */
  ms: number
}

const written = channel('streamforge:timeseries:write')

/** Call what it returns when the points are durable. */
export function startTimer(points: readonly AnyPoint[]): () => void {
  if (!written.hasSubscribers) return () => undefined
  const start = performance.now()
  return () => {
    const ms = performance.now() - start
    for (const [measurement, of] of Map.groupBy(points, (point) => point.measurement)) {
      written.publish({ measurement, points: of.length, ms } satisfies SeriesWriteEvent)
    }
  }
}
