import {
  dataTypes, floorToInterval, Interval, nextOpenTime, parseDataType, StreamForgeError, toEpochMs, type Candle, type DataType, type Trade,
} from '@streamforge/contracts'
import { binanceBookDiff, binanceBookTicker } from '../book/binance-book.ts'
import type { BookInstrument } from '../book/sync-state.ts'
import { badResponse, decimal, integer } from '../page.ts'
import type { LiveFrame, LiveVenue } from './live-venue.ts'
import { readFrame, type Fields } from './read-frame.ts'

const VENUE = 'binance'
const SYMBOL = /^[A-Z0-9]{2,24}$/

/** Binance spot's combined streams: aggregate trades, klines, depth diffs every 100 ms and the best bid and offer. */
export const binanceLive: LiveVenue = {
  name: VENUE,
  types: dataTypes.filter((type) => parseDataType(type).source === 'ws'),
  limits: {
    // A tenth of what is allowed: a lost connection then takes fewer markets with it, and several processors can share the work.
    streamsPerConnection: 100, messagesPerSecond: 5, streamsPerMessage: 50, attempts: { count: 300, windowMs: 300_000 },
    lifetimeMs: 86_400_000, pingAfterMs: 20_000, deadAfterMs: 30_000,
  },
  defaultUrl: 'wss://stream.binance.com:9443',
  address: (baseUrl) => `${baseUrl.replace(/\/$/, '')}/stream`,
  streams(symbol, type) {
    const name = symbol.toLowerCase()
    const parsed = parseDataType(type)
    if (parsed.source !== 'ws') throw notLive(type)
    switch (parsed.content) {
      case 'trades': return [`${name}@aggTrade`]
      case 'candles': return [`${name}@kline_${parsed.interval}`]
      case 'orderbook': return [`${name}@depth@100ms`, `${name}@bookTicker`]
      default: return parsed satisfies never
    }
  },
  subscribe: (params, id) => JSON.stringify({ method: 'SUBSCRIBE', params, id }),
  unsubscribe: (params, id) => JSON.stringify({ method: 'UNSUBSCRIBE', params, id }),
  read: (text, receivedAt) => readFrame(VENUE, text, (json) => frameOf(json, receivedAt)),
}

const notLive = (type: DataType) => new StreamForgeError('UNKNOWN_TYPE', `${type} is no live type`, { remedy: 'live types begin with ws_' })

function frameOf(json: Fields, receivedAt: number): LiveFrame {
  const { stream, data } = json
  if (typeof stream !== 'string') return answerOf(json)
  if (typeof data !== 'object' || data === null) throw badResponse('the frame has no data')
  const fields = data as Fields
  switch (fields['e']) {
    case 'aggTrade': return { kind: 'trade', stream, record: tradeOf(fields, receivedAt) }
    case 'kline': return candleOf(stream, fields, receivedAt)
    case 'depthUpdate': return { kind: 'book_diff', stream, record: binanceBookDiff(fields, instrumentOf(fields), receivedAt) }
    case undefined:
    case 'bookTicker':
      if (!stream.endsWith('@bookTicker')) break
      return { kind: 'book_ticker', stream, record: binanceBookTicker(fields, instrumentOf(fields), receivedAt) }
    default:
  }
  throw badResponse(`the event '${String(fields['e'])}' on '${stream}' is not known`)
}

/** `{"result":null,"id":1}`, or `{"error":{"code":2,"msg":"..."},"id":1}`; also without `id`, and as `{"code":..,"msg":..}`. */
function answerOf(json: Fields): LiveFrame {
  const { id: given } = json
  const id = typeof given === 'number' ? given : undefined
  const error = (json['error'] ?? ('msg' in json ? json : undefined)) as Fields | undefined
  if (error === undefined && !('result' in json)) throw badResponse("the frame has neither a 'stream' nor a 'result'")
  if (error === undefined) return { kind: 'answer', id, error: undefined }
  return { kind: 'answer', id, error: new StreamForgeError('VENUE_REJECTED',
    `binance refused a subscription: ${String(error['msg'])} (code ${String(error['code'])})`, { remedy: 'check the symbol and the type' }) }
}

function symbolOf(fields: Fields): string {
  const { s } = fields
  if (typeof s === 'string' && SYMBOL.test(s)) return s
  throw badResponse(`the symbol is ${JSON.stringify(s)}`)
}

const instrumentOf = (fields: Fields): BookInstrument => ({ venue: VENUE, symbol: symbolOf(fields), market: 'spot' })

function tradeOf(fields: Fields, receivedAt: number): Trade {
  if (typeof fields['m'] !== 'boolean') throw badResponse(`buyer maker is ${JSON.stringify(fields['m'])}`)
  return {
    kind: 'trade', venue: VENUE, symbol: symbolOf(fields), trade_id: integer(fields['a'], 'trade id'),
    price: decimal(fields['p'], 'price'), quantity: decimal(fields['q'], 'quantity'), buyer_maker: fields['m'],
    first_trade_id: integer(fields['f'], 'first trade id'), last_trade_id: integer(fields['l'], 'last trade id'),
    event_time: toEpochMs(integer(fields['T'], 'trade time')), known_time: receivedAt, backfilled: false,
  }
}

function candleOf(stream: string, fields: Fields, receivedAt: number): LiveFrame {
  const k = fields['k'] as Fields | null | undefined
  if (typeof k !== 'object' || k === null || typeof k['x'] !== 'boolean') throw badResponse('the kline event has no kline')
  const interval = Interval.safeParse(k['i'])
  if (!interval.success) throw badResponse(`the interval is ${JSON.stringify(k['i'])}`)
  const openTime = toEpochMs(integer(k['t'], 'open time'))
  if (floorToInterval(openTime, interval.data) !== openTime) throw badResponse(`a kline opens at ${openTime}, which is not on the ${interval.data} grid`)
  const record: Candle = {
    kind: 'candle', venue: VENUE, symbol: symbolOf(fields), interval: interval.data, open_time: openTime,
    open: decimal(k['o'], 'open'), high: decimal(k['h'], 'high'), low: decimal(k['l'], 'low'), close: decimal(k['c'], 'close'),
    volume: decimal(k['v'], 'volume'), quote_volume: decimal(k['q'], 'quote volume'), trade_count: integer(k['n'], 'trade count'),
    taker_buy_volume: decimal(k['V'], 'taker buy volume'), taker_buy_quote_volume: decimal(k['Q'], 'taker buy quote volume'),
    event_time: nextOpenTime(openTime, interval.data), known_time: receivedAt, backfilled: false,
  }
  return { kind: 'candle', stream, record, closed: k['x'] }
}
