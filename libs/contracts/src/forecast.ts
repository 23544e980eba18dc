import { z } from 'zod'
import { Epoch } from './epoch.ts'
import { Interval } from './interval.ts'
import { ModelName, RunId } from './model.ts'
import { Offset, Symbol, TopicName, Venue } from './names.ts'

const bar = { venue: Venue, symbol: Symbol, interval: Interval, open_time: Epoch.describe('Of the last bar that went in') }
const model = { model: ModelName, model_version: z.int().positive(), horizon_bars: z.int().positive() }

/** What a model expects of a symbol after a bar: the simple return from that bar's close over `horizon_bars`. One a symbol and bar. */
export const Forecast = z.strictObject({
  kind: z.literal('forecast'),
  ...bar, ...model,
  run_id: RunId,
  close: z.number().nonnegative(),
  value: z.number().describe('Expected simple return'),
  low: z.number(), high: z.number(),
  coverage: z.number().min(0).max(1).describe('Share of outcomes that low..high should hold'),
  inputs: z.array(z.strictObject({ topic: TopicName, partition: z.int().nonnegative(), offset: Offset })).describe('Where the feature rows of its newest bar stood'),
  target_time: Epoch.describe('When the outcome is known: the end of the bar it is about'),
  event_time: Epoch,
  known_time: Epoch.describe('When it was made'),
  backfilled: z.boolean().describe('True: made afterwards, of stored data'),
})
export type Forecast = z.infer<typeof Forecast>

/** A forecast beside what came. */
export const ForecastScore = z.strictObject({
  kind: z.literal('forecast_score'),
  ...bar, ...model,
  value: z.number(), actual: z.number(),
  hit: z.boolean().describe('Same sign'), covered: z.boolean().describe('Within low..high'),
  event_time: Epoch, known_time: Epoch, backfilled: z.boolean(),
})
export type ForecastScore = z.infer<typeof ForecastScore>

export const forecastKey = (f: Pick<Forecast, 'symbol' | 'interval' | 'open_time'>) => `${f.symbol}_${f.interval}_forecast_${f.open_time}`
export const forecastScoreKey = (f: Pick<ForecastScore, 'symbol' | 'interval' | 'open_time'>) => `${f.symbol}_${f.interval}_score_${f.open_time}`

export const ForecastsQuery = z.strictObject({
  symbol: Symbol, interval: Interval, venue: Venue.default('binance'),
  from: z.coerce.number().pipe(Epoch).optional(), to: z.coerce.number().pipe(Epoch).optional(),
  limit: z.coerce.number().int().min(1).max(5_000).default(500),
})
/** How a version's forecasts turned out, over those with an outcome. */
export const LiveAccuracy = z.strictObject({
  model: ModelName, model_version: z.int().positive(), forecasts: z.int().nonnegative(), scored: z.int().nonnegative(),
  hit_rate: z.number().optional(), coverage: z.number().optional(), mse: z.number().optional(),
})
export type LiveAccuracy = z.infer<typeof LiveAccuracy>
export const ForecastsAnswer = z.strictObject({ forecasts: z.array(Forecast), scores: z.array(ForecastScore), accuracy: z.array(LiveAccuracy) })
export type ForecastsAnswer = z.infer<typeof ForecastsAnswer>

/** A symbol and interval of which there are forecasts, or will be. */
export const ForecastSeries = z.strictObject({ venue: Venue, symbol: Symbol, interval: Interval, live: z.boolean().describe('New ones come as bars close') })
export type ForecastSeries = z.infer<typeof ForecastSeries>
/** GET /api/forecast-series */
export const ForecastSeriesList = z.strictObject({ series: z.array(ForecastSeries) })
export type ForecastSeriesList = z.infer<typeof ForecastSeriesList>
