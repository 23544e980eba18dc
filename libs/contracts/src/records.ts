import { z } from 'zod'
import { BookDiff, BookGap, BookSnapshot, BookTicker, bookRecordKey, type BookRecord } from './book-records.ts'
import { DataType } from './data-type.ts'
import { FeatureRow, featureKey } from './features.ts'
import { Forecast, ForecastScore, forecastKey, forecastScoreKey } from './forecast.ts'
import { Epoch } from './epoch.ts'
import { Interval } from './interval.ts'
import { QueueId, Symbol, Venue } from './names.ts'
import { Signal, signalKey } from './signal.ts'

export { Epoch }
const Price = z.number().nonnegative()
const Quantity = z.number().nonnegative()

/**
 * A closed candle. Prices are in the quote asset, `volume` in the base asset. `event_time` is the end of the interval (the
 * first instant at which the candle is complete), `known_time` when it could first have been known.
 */
export const Candle = z.strictObject({
  kind: z.literal('candle'),
  venue: Venue,
  symbol: Symbol,
  interval: Interval,
  open_time: Epoch,
  open: Price,
  high: Price,
  low: Price,
  close: Price,
  volume: Quantity,
  quote_volume: Quantity.optional(),
  trade_count: z.int().nonnegative().optional(),
  taker_buy_volume: Quantity.optional(),
  taker_buy_quote_volume: Quantity.optional(),
  event_time: Epoch,
  known_time: Epoch,
  backfilled: z.boolean(),
})
export type Candle = z.infer<typeof Candle>

/** A candle of live data as it stands before it closes: shown, never stored. `event_time` is still the end of the interval. */
export const CandleOpen = Candle.extend({ kind: z.literal('candle_open') })
export type CandleOpen = z.infer<typeof CandleOpen>

/** A trade, or an aggregate of trades that filled together (Binance aggTrades). Ids of one symbol are contiguous. */
export const Trade = z.strictObject({
  kind: z.literal('trade'),
  venue: Venue,
  symbol: Symbol,
  trade_id: z.int().nonnegative(),
  price: Price,
  quantity: Quantity,
  buyer_maker: z.boolean().describe('True when the buyer was the maker: the aggressor sold'),
  first_trade_id: z.int().nonnegative().optional(),
  last_trade_id: z.int().nonnegative().optional(),
  event_time: Epoch,
  known_time: Epoch,
  backfilled: z.boolean(),
})
export type Trade = z.infer<typeof Trade>

/** A hole that the venue itself has: asked twice, it answered both times that it holds nothing there. */
export const Gap = z.strictObject({
  kind: z.literal('gap'),
  queue_id: QueueId,
  venue: Venue,
  symbol: Symbol,
  type: DataType,
  from: Epoch.describe('First missing open time or instant, included'),
  to: Epoch.describe('End of the hole, excluded'),
  missing: z.int().positive().describe('Candles or trade ids missing'),
  cause: z.enum(['exchange', 'not_listed', 'unconfirmed']),
  checked_at: Epoch,
})
export type Gap = z.infer<typeof Gap>

/**
 * The last message of one shard in one partition. `records` counts the distinct records that the shard put into the partition
 * over all attempts. For trades, first and last id prove the ends of the range.
 */
export const StreamMarker = z.strictObject({
  kind: z.literal('end_of_stream'),
  queue_id: QueueId,
  attempt: z.int().positive(),
  shard: z.int().nonnegative(),
  shards: z.int().positive(),
  partition: z.int().nonnegative(),
  records: z.int().nonnegative(),
  first_trade_id: z.int().nonnegative().optional(),
  last_trade_id: z.int().nonnegative().optional(),
})
export type StreamMarker = z.infer<typeof StreamMarker>

/** What a data topic carries. Keyed by symbol. */
export const DataMessage = z.discriminatedUnion('kind', [
  Candle, CandleOpen, Trade, Gap, StreamMarker, BookDiff, BookSnapshot, BookGap, BookTicker,
  FeatureRow, Forecast, ForecastScore, Signal,
])
export type DataMessage = z.infer<typeof DataMessage>
export type MarketRecord = Candle | Trade
/** What stages make and a connector stores. */
export type DerivedRecord = FeatureRow | Forecast | ForecastScore | Signal

const paddedId = (id: number) => String(id).padStart(16, '0')

/**
 * The deterministic key of a record, made from what it is: `BTCUSDT_5m_1722470400000`, `BTCUSDT_trade_0000000553287559`.
 * Within one symbol and type, keys sort as their records do in time.
 */
export function recordKey(record: MarketRecord | CandleOpen | BookRecord | DerivedRecord): string {
  switch (record.kind) {
    case 'candle':
    case 'candle_open': return `${record.symbol}_${record.interval}_${record.open_time}`
    case 'trade': return `${record.symbol}_trade_${paddedId(record.trade_id)}`
    case 'book_diff':
    case 'book_snapshot':
    case 'book_gap':
    case 'book_ticker': return bookRecordKey(record)
    case 'feature': return featureKey(record)
    case 'forecast': return forecastKey(record)
    case 'forecast_score': return forecastScoreKey(record)
    case 'signal': return signalKey(record)
    default: return record satisfies never
  }
}

export const gapKey = (gap: Gap) => `${gap.symbol}_${gap.type}_${gap.from}`

/** Prefix and bounds of the keys of a candle series within a range: `from` included, `to` excluded. */
export const candleKeyRange = (symbol: string, interval: Interval, range: { from: number; to: number }) =>
  ({ from: `${symbol}_${interval}_${range.from}`, to: `${symbol}_${interval}_${range.to}` })

/** Bounds of the keys of all trades of a symbol, or of those with ids from `first` to `last`, both included. */
export const tradeKeyRange = (symbol: string, first = 0, last = Number.MAX_SAFE_INTEGER - 1) =>
  ({ from: `${symbol}_trade_${paddedId(first)}`, to: `${symbol}_trade_${paddedId(last + 1)}` })

/** A record as the store holds it. */
export const StoredCandle = Candle.extend({ _key: z.string() })
export const StoredTrade = Trade.extend({ _key: z.string() })
