import { intervals, intervalLengths } from '@streamforge/contracts'
import type { MarketInstrument } from '@streamforge/market'
import type { Exchange } from './binance-rest.ts'
import type { Misfortune } from './faults.ts'
import { jsonReply, type Reply } from './reply.ts'
import { visibleCandles, visibleTrades } from './visible-market.ts'

const granularities = [60, 300, 900, 3600, 21_600, 86_400]
const mostCandles = 300
const mostTrades = 1000

const refused = (status: number, message: string): Reply => jsonReply({ message }, status)
const productId = ({ baseAsset, quoteAsset }: MarketInstrument) => `${baseAsset}-${quoteAsset}`

/** The path's product as the market spells it, undefined for paths without one. */
export function coinbaseSymbol(path: string): string | undefined {
  return /^\/products\/([^/]+)/.exec(path)?.[1]?.replace('-', '')
}

/** Coinbase Exchange's paths, answered from the same market; undefined for any other path. */
export async function answerCoinbase(exchange: Exchange, path: string, query: string, misfortune: Misfortune): Promise<Reply | undefined> {
  const { market, now } = exchange
  if (path === '/time') return jsonReply({ iso: new Date(now()).toISOString(), epoch: Math.floor(now()) / 1000 })
  if (path === '/products') return jsonReply(market.instruments().map(describeProduct))
  const match = /^\/products\/([A-Z0-9]+-[A-Z0-9]+)(\/candles|\/trades)?$/.exec(path)
  if (!match) return path.startsWith('/products/') ? refused(404, 'NotFound') : undefined
  const instrument = market.instruments().find((candidate) => productId(candidate) === match[1])
  if (!instrument) return refused(404, 'NotFound')
  const parameters = new URLSearchParams(query)
  if (match[2] === '/candles') return answerCandles(exchange, instrument, parameters, misfortune)
  if (match[2] === '/trades') return answerTrades(exchange, instrument, parameters, misfortune)
  return jsonReply(describeProduct(instrument))
}

function describeProduct(instrument: MarketInstrument) {
  return {
    id: productId(instrument), base_currency: instrument.baseAsset, quote_currency: instrument.quoteAsset,
    quote_increment: (10 ** -instrument.priceDecimals).toFixed(instrument.priceDecimals),
    base_increment: (10 ** -instrument.quantityDecimals).toFixed(instrument.quantityDecimals),
    display_name: `${instrument.baseAsset}/${instrument.quoteAsset}`,
    status: 'online', status_message: '', trading_disabled: false, cancel_only: false, post_only: false, limit_only: false, auction_mode: false,
  }
}

const instant = (text: string) => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text))

/** `[time in seconds, low, high, open, close, volume]`, newest first, both ends included; without times the newest 300. */
async function answerCandles({ market, now }: Exchange, { symbol }: MarketInstrument, parameters: URLSearchParams, misfortune: Misfortune): Promise<Reply> {
  const granularity = Number(parameters.get('granularity') ?? 60)
  const interval = intervals.find((name) => intervalLengths[name] === granularity * 1000)
  if (!granularities.includes(granularity) || !interval) return refused(400, 'Unsupported granularity')
  const [startText, endText] = [parameters.get('start'), parameters.get('end')]
  const [start, end] = [startText ? instant(startText) : undefined, endText ? instant(endText) : undefined]
  if (Number.isNaN(start) || Number.isNaN(end)) return refused(400, 'Invalid start or end')
  if (start !== undefined && end !== undefined && end - start > mostCandles * granularity * 1000) {
    return refused(400, 'granularity too small for the requested time range. Count of aggregations requested exceeds 300')
  }
  const time = now()
  const query = { symbol, interval, from: start ?? 0, to: Math.min(end ?? time, time) + 1, limit: mostCandles, latest: start === undefined }
  const { columns, start: first, end: last } = await visibleCandles(market, query, time, misfortune)
  const rows: number[][] = []
  for (let i = last - 1; i >= first; i--) {
    rows.push([columns.openTime[i]! / 1000, columns.low[i]!, columns.high[i]!, columns.open[i]!, columns.close[i]!, columns.volume[i]!])
  }
  return { ...jsonReply(rows), rows: rows.length }
}

/** Newest first. `after=N` means ids below N, `before=N` the newest ids above N. `side` is the maker's. */
async function answerTrades({ market, now }: Exchange, { symbol }: MarketInstrument, parameters: URLSearchParams, misfortune: Misfortune): Promise<Reply> {
  const wanted = (name: string) => Number(parameters.get(name) ?? NaN)
  const limit = Math.min(mostTrades, wanted('limit') || mostTrades)
  const [after, before] = [wanted('after'), wanted('before')]
  if (limit < 1 || (parameters.has('after') && !(after >= 0)) || (parameters.has('before') && !(before >= 0))) return refused(400, 'Invalid pagination')
  const fromId = Number.isNaN(before) ? 0 : before + 1
  const page = await visibleTrades(market, Number.isNaN(after)
    ? { symbol, from: 0, to: now(), limit, fromId, latest: true }
    : { symbol, from: 0, to: now(), limit, fromId: Math.max(fromId, after - limit) }, now(), misfortune)
  const { columns } = page
  const trades = []
  for (let i = page.end - 1; i >= page.start; i--) {
    if (columns.id[i]! >= after) continue
    trades.push({
      trade_id: columns.id[i], side: columns.buyerMaker[i] ? 'buy' : 'sell', size: columns.quantity[i]!.toFixed(8),
      price: columns.price[i]!.toFixed(8), time: new Date(columns.time[i]!).toISOString(),
    })
  }
  const newest = trades[0]?.trade_id
  const oldest = trades.at(-1)?.trade_id
  const reply = jsonReply(trades, 200, newest === undefined ? {} : { 'cb-before': String(newest), 'cb-after': String(oldest) })
  return { ...reply, rows: trades.length }
}
