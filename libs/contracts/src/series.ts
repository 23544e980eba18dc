import { z } from 'zod'
import { FeatureSet, featureSets } from './features.ts'
import { FeedKind, FeedName, FeedOutcome, FeedSymbol } from './feeds.ts'
import { Interval } from './interval.ts'
import { ModelName } from './model.ts'
import { Symbol, Venue } from './names.ts'

export type FieldType = 'float' | 'integer' | 'boolean'

/** A field of a measurement. It has one type for ever: a time-series database refuses another one later. */
export interface SeriesField {
  readonly type: FieldType
  readonly unit: string
}

export interface Measurement {
  readonly description: string
  /** Which instant of a record its point has. */
  readonly time: string
  /** All of them, on every point. Each is a name from a list that somebody keeps, never an id, a time or a text: series stay few. */
  readonly tags: Readonly<Record<string, z.ZodType<string>>>
  /** A point has at least one of them. */
  readonly fields: Readonly<Record<string, SeriesField>>
}

const float = (unit: string) => ({ type: 'float', unit }) as const
const integer = (unit: string) => ({ type: 'integer', unit }) as const
const boolean = { type: 'boolean', unit: '' } as const
const measurement = <const M extends Measurement>(m: M) => m

const bar = { venue: Venue, symbol: Symbol, interval: Interval }
const featureFields = Object.fromEntries(Object.values(featureSets).flat().map((name) => [name, float('')])) as
  Record<(typeof featureSets)[keyof typeof featureSets][number], ReturnType<typeof float>>

/**
 * What the time-series database holds: every measurement with its closed set of tags and its fields. The connector writes nothing else, and
 * dashboards may count on it.
 */
export const measurements = {
  candles: measurement({
    description: 'Closed candles, of history and live',
    time: 'open_time',
    tags: bar,
    fields: {
      open: float('quote asset'), high: float('quote asset'), low: float('quote asset'), close: float('quote asset'), volume: float('base asset'),
      quote_volume: float('quote asset'), trade_count: integer('trades'), taker_buy_volume: float('base asset'), taker_buy_quote_volume: float('quote asset'),
    },
  }),
  features: measurement({
    description: 'Features of bars; those that are not available are absent',
    time: 'open_time',
    tags: { ...bar, feature_set: FeatureSet },
    fields: { close: float('quote asset'), ...featureFields },
  }),
  forecasts: measurement({
    description: 'What models expect after a bar',
    time: 'open_time',
    tags: { ...bar, model: ModelName },
    fields: {
      value: float('simple return'), low: float('simple return'), high: float('simple return'), coverage: float('share'), close: float('quote asset'),
      model_version: integer(''), horizon_bars: integer('bars'), target_time: integer('ms since 1970-01-01 UTC'),
    },
  }),
  forecast_scores: measurement({
    description: 'Forecasts beside what came',
    time: 'open_time',
    tags: { ...bar, model: ModelName },
    fields: {
      value: float('simple return'), actual: float('simple return'), error: float('simple return'), hit: boolean, covered: boolean,
      model_version: integer(''), horizon_bars: integer('bars'),
    },
  }),
  quotes: measurement({
    description: 'Prices that fetchers read from their sources',
    time: 'event_time',
    tags: { feed: FeedName, asset: FeedKind, symbol: FeedSymbol },
    fields: {
      price: float('currency'), bid: float('currency'), ask: float('currency'), open: float('currency'), high: float('currency'), low: float('currency'),
      previous_close: float('currency'), percent_change: float('percent'), volume: float('units'),
    },
  }),
  news_sentiment: measurement({
    description: 'What articles say of a symbol, one point an article; those of one millisecond are told apart by their nanoseconds',
    time: 'published_at',
    tags: { symbol: FeedSymbol },
    fields: { score: float('-1 to 1') },
  }),
  daily_sentiment: measurement({
    description: "A symbol's news of a day (UTC) taken together",
    time: 'beginning of the day',
    tags: { symbol: FeedSymbol },
    fields: { mean: float('-1 to 1'), articles: integer('articles'), positive: integer('articles'), neutral: integer('articles'), negative: integer('articles') },
  }),
  feed_runs: measurement({
    description: 'Runs of fetchers: how long they took, and what they brought',
    time: 'started_at',
    tags: { feed: FeedName, asset: FeedKind, outcome: FeedOutcome },
    fields: {
      duration_ms: integer('ms'), latency_ms: integer('ms'), delay_ms: integer('ms'), requests: integer('requests'), retries: integer('requests'),
      not_modified: integer('requests'), bytes: integer('bytes'), records: integer('records'), unchanged: integer('records'), rejected: integer('records'),
      faults: integer('faults'),
    },
  }),
} as const

export type MeasurementName = keyof typeof measurements
export const measurementNames = Object.keys(measurements) as [MeasurementName, ...MeasurementName[]]
export const MeasurementName = z.enum(measurementNames)
export type TagName<N extends MeasurementName> = keyof (typeof measurements)[N]['tags'] & string
export type FieldName<N extends MeasurementName> = keyof (typeof measurements)[N]['fields'] & string

/** The bucket (InfluxDB 2) that services write to unless told otherwise. */
export const defaultSeriesBucket = 'streamforge'
