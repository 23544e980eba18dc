import { floorToInterval, nextOpenTime, toEpochMs, type Candle, type EpochMs, type Interval, type Trade } from '@streamforge/contracts'
import { badResponse, decimal, integer } from './page.ts'

/** How long after its close a candle or trade could be read over REST. Live latency is well below; never later in our experience. */
export const BINANCE_DELAY_MS = 2_000

const VENUE = 'binance'

function instant(value: unknown, field: string): EpochMs {
  try {
    return toEpochMs(integer(value, field))
  } catch (error) {
    throw badResponse(`${field} is ${JSON.stringify(value)}, expected an instant`, error)
  }
}

/** A kline row of REST, or the fields of one line of an archive file: both have the same order. */
export function candleOfKline(row: unknown, symbol: string, interval: Interval): Candle {
  if (!Array.isArray(row) || row.length < 11) throw badResponse(`kline row ${JSON.stringify(row)?.slice(0, 100)} has not 11 or 12 fields`)
  const openTime = instant(row[0], 'open time')
  if (floorToInterval(openTime, interval) !== openTime) throw badResponse(`kline opens at ${openTime}, which is not on the ${interval} grid`)
  const end = nextOpenTime(openTime, interval)
  return {
    kind: 'candle', venue: VENUE, symbol, interval, open_time: openTime,
    open: decimal(row[1], 'open'), high: decimal(row[2], 'high'), low: decimal(row[3], 'low'), close: decimal(row[4], 'close'),
    volume: decimal(row[5], 'volume'), quote_volume: decimal(row[7], 'quote volume'), trade_count: integer(row[8], 'trade count'),
    taker_buy_volume: decimal(row[9], 'taker buy volume'), taker_buy_quote_volume: decimal(row[10], 'taker buy quote volume'),
    event_time: end, known_time: end + BINANCE_DELAY_MS, backfilled: true,
  }
}

/** A row of /api/v3/aggTrades. */
export function tradeOfAggregate(row: unknown, symbol: string): Trade {
  const r = row as Record<string, unknown> | null
  if (typeof r !== 'object' || r === null || typeof r['m'] !== 'boolean') {
    throw badResponse(`aggregate trade ${JSON.stringify(row)?.slice(0, 100)} is not of the form {a,p,q,f,l,T,m}`)
  }
  return trade(symbol, r['a'], r['p'], r['q'], r['f'], r['l'], r['T'], r['m'])
}

/** The fields of one line of an aggTrades archive file. */
export function tradeOfArchiveLine(fields: readonly string[], symbol: string): Trade {
  const [a, p, q, f, l, T, maker] = fields
  const buyerMaker = /^true$/i.test(maker ?? '')
  if (!buyerMaker && !/^false$/i.test(maker ?? '')) throw badResponse(`buyer maker is ${JSON.stringify(maker)}, expected True or False`)
  return trade(symbol, a, p, q, f, l, T, buyerMaker)
}

function trade(symbol: string, a: unknown, p: unknown, q: unknown, f: unknown, l: unknown, T: unknown, buyerMaker: boolean): Trade {
  const eventTime = instant(T, 'trade time')
  return {
    kind: 'trade', venue: VENUE, symbol, trade_id: integer(a, 'trade id'), price: decimal(p, 'price'), quantity: decimal(q, 'quantity'),
    buyer_maker: buyerMaker, first_trade_id: integer(f, 'first trade id'), last_trade_id: integer(l, 'last trade id'),
    event_time: eventTime, known_time: eventTime + BINANCE_DELAY_MS, backfilled: true,
  }
}
