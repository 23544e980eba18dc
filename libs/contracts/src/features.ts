import { z } from 'zod'
import { Epoch } from './epoch.ts'
import { Interval } from './interval.ts'
import { QueueId, Symbol, Venue } from './names.ts'

/**
 * Every feature set, by name: the features of a row in this order. A set is never changed once released; another gets another name.
 * Formulas, units and warm-up of each are in docs/FEATURES.md.
 */
export const featureSets = {
  bars_v1: [
    'return_1', 'return_3', 'return_6', 'return_12', 'return_48',
    'volatility_12', 'volatility_48', 'volume_zscore_48', 'trade_count_zscore_48',
    'trade_imbalance', 'vwap_distance', 'spread_bps', 'book_imbalance',
    'rsi_14', 'macd', 'macd_signal', 'macd_histogram', 'bollinger_percent_b', 'bollinger_width', 'atr_14', 'range',
    'hour_sin', 'hour_cos', 'weekday_sin', 'weekday_cos',
    'sentiment', 'article_count',
  ],
} as const
export const FeatureSet = z.enum(Object.keys(featureSets) as [keyof typeof featureSets])
export type FeatureSet = z.infer<typeof FeatureSet>

/** The features of one symbol and bar. `event_time` is the end of the bar; `known_time` when the last of what went in was known. */
export const FeatureRow = z.strictObject({
  kind: z.literal('feature'),
  venue: Venue,
  symbol: Symbol,
  interval: Interval,
  open_time: Epoch,
  feature_set: FeatureSet,
  close: z.number().nonnegative().describe('Of the bar, in the quote asset: the truth that forecasts are scored against'),
  values: z.array(z.number().nullable()).describe('In the order of the feature set; null: not available'),
  event_time: Epoch,
  known_time: Epoch,
  backfilled: z.boolean(),
}).refine((row) => row.values.length === featureSets[row.feature_set].length, {
  path: ['values'], error: 'expected a value, or null, for each feature of the set',
})
export type FeatureRow = z.infer<typeof FeatureRow>

/** `BTCUSDT_5m_feature_1722470400000`: rows of one symbol sort in time. */
export const featureKey = (row: Pick<FeatureRow, 'symbol' | 'interval' | 'open_time'>) => `${row.symbol}_${row.interval}_feature_${row.open_time}`

/** Bounds of the keys of a symbol's rows with open times in the range, `to` excluded. */
export const featureKeyRange = (symbol: string, interval: Interval, range: { from: number; to: number }) =>
  ({ from: `${symbol}_${interval}_feature_${range.from}`, to: `${symbol}_${interval}_feature_${range.to}` })

/** GET /api/features: what was known at a moment. */
export const FeaturesQuery = z.strictObject({
  symbol: Symbol,
  interval: Interval,
  queue_id: QueueId.optional().describe('Features of this queue; absent: of the newest that has the symbol'),
  from: z.coerce.number().pipe(Epoch).optional(),
  to: z.coerce.number().pipe(Epoch).optional(),
  as_of: z.coerce.number().pipe(Epoch).optional().describe('Only rows known at this instant; absent: now'),
  limit: z.coerce.number().int().min(1).max(5_000).default(500).describe('The newest so many of the range'),
})
export const FeaturesAnswer = z.strictObject({ feature_set: FeatureSet, names: z.array(z.string()), rows: z.array(FeatureRow) })
export type FeaturesAnswer = z.infer<typeof FeaturesAnswer>
