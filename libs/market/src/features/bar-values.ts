import type { BarQuote, BarTrades } from './bar-inputs.ts'
import type { PendingCandle } from './feature-state.ts'

/** What was traded in a bar: from its candle, and where the candle does not tell, from its trades. Null where neither does. */
export interface BarActivity {
  tradeCount: number | null
  /** Share bought by aggressors less share sold, -1 to 1; 0 where nothing was traded. */
  imbalance: number | null
  /** Logarithm of the close over the volume-weighted average price; 0 where nothing was traded. */
  vwapDistance: number | null
  /** When the trades that were needed were known; undefined when none were. */
  known: number | undefined
}

/** `trades` is undefined where no trades are read, null where none came in the bar. */
export function barActivity(candle: PendingCandle, trades: BarTrades | null | undefined): BarActivity {
  const { volume, close, quote_volume, trade_count, taker_buy_volume } = candle
  const complete = quote_volume !== undefined && trade_count !== undefined && taker_buy_volume !== undefined
  const traded = trades ? trades.bought + trades.sold : 0
  const ofTrades = trades === undefined ? null : 0
  return {
    tradeCount: trade_count ?? trades?.count ?? ofTrades,
    imbalance: taker_buy_volume !== undefined ? ratio(2 * taker_buy_volume - volume, volume)
      : trades ? ratio(trades.bought - trades.sold, traded) : ofTrades,
    vwapDistance: quote_volume !== undefined ? distance(close, quote_volume, volume)
      : trades ? distance(close, trades.turnover, traded) : ofTrades,
    known: complete ? undefined : trades?.known,
  }
}

/** Spread in basis points of the mid price, and which side of the book is larger, -1 (asks) to 1 (bids). */
export function quoteValues(quote: BarQuote | undefined) {
  if (!quote) return { spread_bps: null, book_imbalance: null }
  const { bid, ask, bidQuantity, askQuantity } = quote
  return {
    spread_bps: bid > 0 && ask > 0 ? (20_000 * (ask - bid)) / (ask + bid) : null,
    book_imbalance: ratio(bidQuantity - askQuantity, bidQuantity + askQuantity),
  }
}

const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : 0)

function distance(close: number, turnover: number, volume: number): number {
  return volume > 0 && turnover > 0 ? Math.log(close / (turnover / volume)) : 0
}
