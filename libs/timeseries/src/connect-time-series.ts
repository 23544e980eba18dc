import { openEmbeddedSeries, type EmbeddedSeriesOptions } from './embedded/open-embedded-series.ts'
import type { InfluxSeriesOptions } from './influx/connection.ts'
import type { TimeSeries } from './time-series.ts'

export type TimeSeriesConfig = ({ kind: 'embedded' } & EmbeddedSeriesOptions) | ({ kind: 'influx' } & InfluxSeriesOptions)

/** @throws StreamForgeError STORE_UNAVAILABLE, STORE_CONFLICT, BAD_CONFIG */
export async function connectTimeSeries(config: TimeSeriesConfig): Promise<TimeSeries> {
  if (config.kind === 'embedded') return openEmbeddedSeries(config)
  // Loaded only where it is used: a laptop's processes start sooner and stay smaller without the driver.
  const { openInfluxSeries } = await import('./influx/open-influx-series.ts')
  return openInfluxSeries(config)
}
