import type { EpochMs, Interval } from '@streamforge/contracts'
import type { CandleSlice, TradeSlice } from './market-columns.ts'

/** An instrument that a {@link Market} holds data of. */
export interface MarketInstrument {
  readonly symbol: string
  readonly baseAsset: string
  readonly quoteAsset: string
  /** Decimals of a price, so that one tick is 10^-priceDecimals. */
  readonly priceDecimals: number
  /** Decimals of a quantity. */
  readonly quantityDecimals: number
  /** Intervals that {@link Market.candles} answers, aggregated ones included. */
  readonly intervals: readonly Interval[]
  readonly hasTrades: boolean
  /** First instant with data. */
  readonly from: EpochMs
  /** End of the data, excluded. */
  readonly to: EpochMs
}

/** Candles that open in `[from, to)`: the first `limit`, or with `latest` the last `limit`; oldest first either way. */
export interface CandleQuery {
  readonly symbol: string
  readonly interval: Interval
  readonly from: EpochMs
  readonly to: EpochMs
  readonly limit: number
  readonly latest?: boolean
  /**
   * Also candles of which only a part of the finer ones is recorded, summed over that part. A venue must answer so: it has a
   * candle wherever something was traded, and readers find their way across holes by that.
   */
  readonly partial?: boolean
}

/** Trades with ids from `fromId` on, or within `[from, to)`; bounds given together hold together. `latest` as for candles. */
export interface TradeQuery {
  readonly symbol: string
  readonly fromId?: number
  readonly from: EpochMs
  readonly to: EpochMs
  readonly limit: number
  readonly latest?: boolean
}

/**
 * Market history to replay: recorded files or a synthetic market. Unless a query says `partial`, only whole candles are given:
 * one that an unknown or missing finer candle would be part of is left out. An unknown symbol, or an interval that cannot be
 * had, gives no rows.
 */
export interface Market {
  readonly kind: 'recorded' | 'synthetic'
  /** The end of all data, excluded: the instant at which the last candle closes. */
  readonly end: EpochMs
  instruments(): readonly MarketInstrument[]
  instrument(symbol: string): MarketInstrument | undefined
  candles(query: CandleQuery): Promise<CandleSlice>
  trades(query: TradeQuery): Promise<TradeSlice>
}
