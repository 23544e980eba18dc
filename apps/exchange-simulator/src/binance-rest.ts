import type { TradeSlice } from '@streamforge/market'
import { dayTicker } from './answer-ticker.ts'
import { badCombination, illegalCharacters, invalidSymbol } from './binance-error.ts'
import { BinanceParameters, knownSymbol } from './binance-parameters.ts'
import { exchangeInfo } from './exchange-info.ts'
import type { Misfortune } from './faults.ts'
import type { LiveMarket } from './live/live-market.ts'
import type { LiveVenue } from './live/live-venue.ts'
import { renderKlines } from './render-candles.ts'
import { renderAggregateTrades, renderTrades } from './render-trades.ts'
import { jsonReply, rowsReply, type Reply } from './reply.ts'
import { visibleCandles, visibleTrades } from './visible-market.ts'

/** What an endpoint answers from. */
export interface Exchange {
  readonly market: LiveMarket
  /** Books are of the present only. */
  readonly venue: LiveVenue
  /** The venue's clock, milliseconds. */
  readonly now: () => number
  readonly weightLimit: number
}

interface Endpoint {
  /** Fixed, or by the query. */
  readonly weight: number | ((query: string) => number)
  readonly parameters: readonly string[]
  readonly answer: (exchange: Exchange, parameters: BinanceParameters, misfortune: Misfortune) => Reply | Promise<Reply>
}

/** Beyond every instant, yet small enough to add to. */
const endOfTime = 8.64e15

/** Binance's spot endpoints for market data, by path, with their weights. */
export const binanceEndpoints: ReadonlyMap<string, Endpoint> = new Map(Object.entries({
  '/api/v3/ping': { weight: 1, parameters: [], answer: () => jsonReply({}) },
  '/api/v3/time': { weight: 1, parameters: [], answer: ({ now }: Exchange) => jsonReply({ serverTime: Math.floor(now()) }) },
  '/api/v3/exchangeInfo': { weight: 20, parameters: ['symbol', 'symbols', 'permissions', 'showPermissionSets', 'symbolStatus'], answer: answerExchangeInfo },
  '/api/v3/klines': { weight: 2, parameters: ['symbol', 'interval', 'startTime', 'endTime', 'timeZone', 'limit'], answer: answerKlines },
  '/api/v3/uiKlines': { weight: 2, parameters: ['symbol', 'interval', 'startTime', 'endTime', 'timeZone', 'limit'], answer: answerKlines },
  '/api/v3/aggTrades': { weight: 4, parameters: ['symbol', 'fromId', 'startTime', 'endTime', 'limit'], answer: answerAggregateTrades },
  '/api/v3/trades': { weight: 25, parameters: ['symbol', 'limit'], answer: answerTrades },
  '/api/v3/historicalTrades': { weight: 25, parameters: ['symbol', 'limit', 'fromId'], answer: answerTrades },
  '/api/v3/ticker/24hr': { weight: tickerWeight, parameters: ['symbol', 'symbols'], answer: answerTickers },
  '/api/v3/depth': depthEndpoint(),
  '/fapi/v1/depth': depthEndpoint(),
  '/dapi/v1/depth': depthEndpoint(),
} satisfies Record<string, Endpoint>))

function tickerWeight(query: string): number {
  const parameters = new URLSearchParams(query)
  if (parameters.has('symbol')) return 2
  const symbols = parameters.get('symbols')?.split(',').length ?? Infinity
  return symbols <= 20 ? 2 : symbols <= 100 ? 40 : 80
}

async function answerTickers({ market, now }: Exchange, parameters: BinanceParameters, misfortune: Misfortune): Promise<Reply> {
  const one = parameters.text('symbol')
  const several = parameters.text('symbols')
  if (one !== undefined && several !== undefined) throw badCombination()
  const asked = one !== undefined ? [one] : several !== undefined ? symbolList(several) : undefined
  const instruments = asked?.map((symbol) => knownSymbol(market, symbol)) ?? market.instruments()
  const time = now()
  const tickers = []
  for (const instrument of instruments) tickers.push(await dayTicker(market, instrument, time, misfortune))
  return { ...jsonReply(one !== undefined ? tickers[0] : tickers), rows: tickers.length }
}

function depthEndpoint(): Endpoint {
  const weight = (query: string) => {
    const limit = Number(/(?:^|&)limit=(\d+)/.exec(query)?.[1] ?? 100)
    return limit <= 100 ? 5 : limit <= 500 ? 25 : limit <= 1000 ? 50 : 250
  }
  return { weight, parameters: ['symbol', 'limit'], answer: answerDepth }
}

/** The book as it is now, changes included that the next diff will tell. */
async function answerDepth({ market, venue, now }: Exchange, parameters: BinanceParameters): Promise<Reply> {
  const { symbol } = parameters.symbol(market)
  const limit = parameters.limit(100, 5000)
  const live = await venue.begin(symbol)
  if (!live) throw invalidSymbol()
  now()
  const book = live.book.show(limit)
  return { ...jsonReply(book), rows: book.bids.length + book.asks.length }
}

function answerExchangeInfo({ market, now, weightLimit }: Exchange, parameters: BinanceParameters): Reply {
  const one = parameters.text('symbol')
  const several = parameters.text('symbols')
  if (one !== undefined && several !== undefined) throw badCombination()
  const asked = one !== undefined ? [one] : several !== undefined ? symbolList(several) : undefined
  const instruments = asked?.map((symbol) => knownSymbol(market, symbol)) ?? market.instruments()
  return jsonReply(exchangeInfo(instruments, Math.floor(now()), weightLimit))
}

/** `["BTCUSDT","ETHUSDT"]` */
function symbolList(text: string): string[] {
  if (!/^\["[A-Z0-9\-_.]{1,20}"(,"[A-Z0-9\-_.]{1,20}")*\]$/.test(text)) {
    throw illegalCharacters('symbols', String.raw`^\[("[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}){0,1}\]$`)
  }
  return JSON.parse(text) as string[]
}

/** Both ends are included. Without a start the newest rows before the end are meant. */
async function answerKlines({ market, now }: Exchange, parameters: BinanceParameters, misfortune: Misfortune): Promise<Reply> {
  const { symbol } = parameters.symbol(market)
  const interval = parameters.interval()
  const start = parameters.number('startTime')
  const end = parameters.number('endTime')
  const limit = parameters.limit(500, 1000)
  const zone = parameters.text('timeZone')
  if (zone !== undefined && !/^[+-]?0(:00)?$/.test(zone)) throw illegalCharacters('timeZone', '^0$ (this simulator aligns candles to UTC only)')
  const time = now()
  const query = { symbol, interval, from: start ?? 0, to: Math.min(end ?? endOfTime, time) + 1, limit, latest: start === undefined }
  const rows = await visibleCandles(market, query, time, misfortune)
  return rowsReply(renderKlines(rows, interval), rows.end - rows.start)
}

async function answerAggregateTrades(exchange: Exchange, parameters: BinanceParameters, misfortune: Misfortune): Promise<Reply> {
  const start = parameters.number('startTime')
  const end = parameters.number('endTime')
  const fromId = parameters.number('fromId')
  if (fromId !== undefined && (start !== undefined || end !== undefined)) throw badCombination()
  const rows = await tradesOf(exchange, parameters, { start, end, fromId }, misfortune)
  return rowsReply(renderAggregateTrades(rows), rows.end - rows.start)
}

async function answerTrades(exchange: Exchange, parameters: BinanceParameters, misfortune: Misfortune): Promise<Reply> {
  const rows = await tradesOf(exchange, parameters, { fromId: parameters.number('fromId') }, misfortune)
  return rowsReply(renderTrades(rows), rows.end - rows.start)
}

function tradesOf(
  { market, now }: Exchange, parameters: BinanceParameters,
  range: { start?: number | undefined; end?: number | undefined; fromId: number | undefined }, misfortune: Misfortune,
): Promise<TradeSlice> {
  const { symbol } = parameters.symbol(market)
  const limit = parameters.limit(500, 1000)
  const { start, end, fromId } = range
  const query = {
    symbol, from: start ?? 0, to: (end ?? endOfTime) + 1, limit, latest: start === undefined && fromId === undefined,
    ...(fromId !== undefined && { fromId }),
  }
  return visibleTrades(market, query, now(), misfortune)
}
