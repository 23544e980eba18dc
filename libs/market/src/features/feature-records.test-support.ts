import type { BookTicker, Candle, Trade } from '@streamforge/contracts'
import { seededRandom } from '../synthetic-random.ts'

export const minute = 60_000
export const start = Date.UTC(2024, 7, 1)
export const venue = 'binance'
export const symbol = 'BTCUSDT'

export interface MadeRecords { candles: Candle[]; trades: Trade[]; quotes: BookTicker[] }

/** One-minute candles of a walk, with trades and quotes whose times are at times a little out of order. `without`: bars left out. */
export function makeRecords(options: { bars: number; seed: number; without?: readonly number[]; plain?: boolean }): MadeRecords {
  const random = seededRandom(options.seed)
  const records: MadeRecords = { candles: [], trades: [], quotes: [] }
  let price = 100
  for (let bar = 0; bar < options.bars; bar++) {
    const open = start + bar * minute
    price = Math.round(price * Math.exp((random() - 0.5) * 0.02) * 100) / 100
    if (!options.without?.includes(bar)) records.candles.push(candleAt(bar, price, { volume: Math.round(random() * 1000) / 10, plain: options.plain ?? false }))
    for (let i = 0; i < Math.floor(random() * 4); i++) {
      records.trades.push(tradeAt(records.trades.length, open + Math.floor(random() * (minute - 400)) + i * 100, price + i, random() < 0.5))
    }
    records.quotes.push(quoteAt(records.quotes.length, open + Math.floor(random() * minute), price))
  }
  // Within a stream the order of ids is that of arrival: mostly that of time, never more than half a second off.
  records.trades.sort((a, b) => a.event_time - b.event_time)
  records.trades.forEach((trade, id) => {
    trade.trade_id = id
    trade.event_time = Math.max(start, trade.event_time - Math.floor(random() * 500))
  })
  return records
}

export function candleAt(bar: number, close: number, more: { volume?: number; plain?: boolean } & Partial<Candle> = {}): Candle {
  const { volume = 10, plain = false, ...fields } = more
  const open_time = start + bar * minute
  return {
    kind: 'candle', venue, symbol, interval: '1m', open_time, open: close, high: close * 1.001, low: close * 0.999, close, volume,
    ...(!plain && { quote_volume: volume * close * 1.0002, trade_count: Math.ceil(volume), taker_buy_volume: volume * 0.6, taker_buy_quote_volume: volume * 0.6 * close }),
    event_time: open_time + minute, known_time: open_time + minute + 2_000, backfilled: true, ...fields,
  }
}

export const tradeAt = (trade_id: number, event_time: number, price: number, buyer_maker: boolean, quantity = 1): Trade =>
  ({ kind: 'trade', venue, symbol, trade_id, price, quantity, buyer_maker, event_time, known_time: event_time + 30, backfilled: false })

export const quoteAt = (update_id: number, event_time: number, price: number): BookTicker => ({
  kind: 'book_ticker', venue, symbol, market: 'spot', update_id, bid_price: String(price - 0.01), bid_quantity: '3', ask_price: String(price + 0.01),
  ask_quantity: '1', event_time, known_time: event_time,
})
