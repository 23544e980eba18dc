import type { FieldName, MeasurementName, TagName } from '@streamforge/contracts'

/**
 * The time-series port. Two adapters implement it, InfluxDB 2 and an embedded SQLite file, and both pass the suite in
 * time-series-contract.ts. What a measurement's tags and fields are is fixed in `measurements` of libs/contracts.
 */

export type FieldValue = number | boolean

/**
 * One point of a series: a measurement with all of its tags. Measurement, tags, `time` and `sub` together are its identity: written again it
 * replaces the values of the fields that it has, and leaves others as they are.
 */
export interface SeriesPoint<N extends MeasurementName = MeasurementName> {
  measurement: N
  tags: Readonly<Record<TagName<N>, string>>
  /** Undefined counts as absent; at least one is there. */
  fields: { readonly [F in FieldName<N>]?: FieldValue | undefined }
  /** Milliseconds since the epoch. */
  time: number
  /**
   * Nanoseconds within the millisecond, 0 (default) to 999999: tells points of one series apart whose events share a millisecond. Made from what
   * the record is, so that the same record has the same.
   */
  sub?: number
}

/** A point of any measurement; the compiler checks its tags and fields. */
export type AnyPoint = { [N in MeasurementName]: SeriesPoint<N> }[MeasurementName]

/** What a query or `latest` finds. */
export interface SeriesRow {
  tags: Readonly<Record<string, string>>
  /** Milliseconds since the epoch; of a window its beginning. */
  time: number
  sub: number
  fields: Readonly<Record<string, FieldValue>>
}

export const aggregates = ['mean', 'min', 'max', 'sum', 'count', 'first', 'last'] as const
export type Aggregate = (typeof aggregates)[number]

/** By tag, the values that are wanted; a tag not named may have any. */
export type TagFilter<N extends MeasurementName> = { readonly [T in TagName<N>]?: string | readonly string[] }

export interface SeriesQuery<N extends MeasurementName = MeasurementName> {
  measurement: N
  /** Milliseconds since the epoch, included. */
  from: number
  /** Excluded. */
  to: number
  tags?: TagFilter<N>
  /** Absent: all; in windows of mean, min, max and sum all that are numbers. */
  fields?: readonly FieldName<N>[]
  /** One row for each series and window that has points. Windows begin at multiples of `every` milliseconds since the epoch. */
  window?: { every: number; aggregate: Aggregate }
  /** At most so many rows, the earliest; default 10,000. */
  limit?: number
}

export interface TimeSeries {
  readonly kind: 'embedded' | 'influx'
  /**
   * Writes points; resolves when they are durable. All or, where a part fails, possibly some of them: writing them again is right.
   * @throws StreamForgeError STORE_REJECTED for a point that does not fit its measurement, or that the server refuses: nothing of a batch with
   * a point that does not fit is written; STORE_UNAVAILABLE
   */
  writePoints(points: readonly AnyPoint[]): Promise<void>
  /** Rows in the order of time; of one instant in that of their tags. @throws StreamForgeError INVALID_FIELD, STORE_UNAVAILABLE */
  query<N extends MeasurementName>(query: SeriesQuery<N>): Promise<SeriesRow[]>
  /** The newest point of each series, in the order of their tags. @throws StreamForgeError INVALID_FIELD, STORE_UNAVAILABLE */
  latest<N extends MeasurementName>(measurement: N, tags?: TagFilter<N>): Promise<SeriesRow[]>
  /**
   * Keeps points for so many milliseconds; undefined: for ever. Those that are older at `now` are deleted, here at once, by InfluxDB in its
   * own time, which then also refuses to take any.
   */
  keepFor(retentionMs: number | undefined, now: number): Promise<void>
  close(): Promise<void>
}
