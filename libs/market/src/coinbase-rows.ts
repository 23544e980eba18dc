import { floorToInterval, nextOpenTime, type Candle, type Interval, type Trade } from '@streamforge/contracts'
import { badResponse, decimal, integer } from './page.ts'

/** How long after its close a candle could be read over REST. */
export const COINBASE_DELAY_MS = 5_000

const VENUE = 'coinbase'

/** A row of /products/{id}/candles: [time in seconds, low, high, open, close, volume]. */
export function candleOfRow(row: unknown, symbol: string, interval: Interval): Candle {
  if (!Array.isArray(row) || row.length < 6) throw badResponse(`candle row ${JSON.stringify(row)?.slice(0, 100)} has not 6 fields`)
  const openTime = integer(row[0], 'time') * 1000
  if (floorToInterval(openTime, interval) !== openTime) throw badResponse(`candle opens at ${openTime}, which is not on the ${interval} grid`)
  const end = nextOpenTime(openTime, interval)
  return {
    kind: 'candle', venue: VENUE, symbol, interval, open_time: openTime,
    open: decimal(row[3], 'open'), high: decimal(row[2], 'high'), low: decimal(row[1], 'low'), close: decimal(row[4], 'close'),
    volume: decimal(row[5], 'volume'), event_time: end, known_time: end + COINBASE_DELAY_MS, backfilled: true,
  }
}

/** A row of /products/{id}/trades. `side` is the maker's. */
export function tradeOfRow(row: unknown, symbol: string): Trade {
  const r = (row ?? {}) as Record<string, unknown>
  const eventTime = typeof r['time'] === 'string' ? Date.parse(r['time']) : Number.NaN
  if (Number.isNaN(eventTime) || (r['side'] !== 'buy' && r['side'] !== 'sell')) {
    throw badResponse(`trade ${JSON.stringify(row)?.slice(0, 100)} is not of the form {time,trade_id,price,size,side}`)
  }
  return {
    kind: 'trade', venue: VENUE, symbol, trade_id: integer(r['trade_id'], 'trade id'), price: decimal(r['price'], 'price'),
    quantity: decimal(r['size'], 'size'), buyer_maker: r['side'] === 'buy',
    event_time: eventTime, known_time: eventTime + COINBASE_DELAY_MS, backfilled: true,
  }
}
