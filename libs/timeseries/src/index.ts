export {
  aggregates, type Aggregate, type AnyPoint, type FieldValue, type SeriesPoint, type SeriesQuery, type SeriesRow, type TagFilter, type TimeSeries,
} from './time-series.ts'
export { connectTimeSeries, type TimeSeriesConfig } from './connect-time-series.ts'
export { openEmbeddedSeries, type EmbeddedSeriesOptions } from './embedded/open-embedded-series.ts'
export { pointProblem } from './check-points.ts'
export type { SeriesWriteEvent } from './channels.ts'
