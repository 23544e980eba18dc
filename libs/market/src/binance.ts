import {
  dataTypes, intervals, nextOpenTime, parseDataType, StreamForgeError, toEpochMs, type Trade,
} from '@streamforge/contracts'
import { binanceArchive } from './binance-archive.ts'
import { candleOfKline, tradeOfAggregate } from './binance-rows.ts'
import { binanceBookSnapshot } from './book/binance-book.ts'
import type { VenueHttp } from './http.ts'
import { openVenueHttp, type OpenedVenue } from './open-options.ts'
import { badResponse, integer, listOf, orderCandles, orderTrades, within } from './page.ts'
import type { Instrument, OpenVenueOptions, Venue, VenueClient, VenueDescription } from './venue.ts'

const KLINES = { pageSize: 1000, weight: 2 }
const AGGREGATE_TRADES = { pageSize: 1000, weight: 4 }
const EXCHANGE_INFO_WEIGHT = 20
const TIME_WEIGHT = 1

const description: VenueDescription = {
  types: dataTypes.filter((type) => parseDataType(type).source === 'api'),
  intervals,
  candles: KLINES,
  trades: AGGREGATE_TRADES,
  limit: { weight: 6000, windowMs: 60_000 },
  archive: true,
}

/** Binance spot: klines, aggregate trades and the archive of closed days. */
export const binance: Venue = { name: 'binance', describe: () => description, open: openBinance }

function openBinance(options: OpenVenueOptions = {}): VenueClient {
  const opened = openVenueHttp('binance', description, options)
  const rest = opened.http({
    baseUrl: options.urls?.rest ?? 'https://api.binance.com', explain: explainBinance, usedWeightHeader: 'x-mbx-used-weight-1m',
  })
  const files = opened.http({ baseUrl: options.urls?.archive ?? 'https://data.binance.vision', concurrency: 2 })
  return {
    name: 'binance',
    description,
    ...clockAndInstruments(rest, opened, options.weightLimit === undefined),
    ...candleRequests(rest),
    ...tradeRequests(rest),
    bookSnapshot: ({ symbol, depth }) => rest.getJson(`/api/v3/depth?symbol=${symbol}&limit=${depth}`, depthWeight(depth), (json) =>
      binanceBookSnapshot(json, { venue: 'binance', symbol, market: 'spot' }, depth, opened.now())),
    archive: binanceArchive(files, options.log),
    async close() { await Promise.all([rest.close(), files.close()]) },
  }
}

function clockAndInstruments(rest: VenueHttp, opened: OpenedVenue, followStatedLimit: boolean): Pick<VenueClient, 'serverTime' | 'instruments' | 'instrument'> {
  const exchangeInfo = (query: string) => rest.getJson(`/api/v3/exchangeInfo${query}`, EXCHANGE_INFO_WEIGHT, (json) => {
    const { symbols, rateLimits } = (json ?? {}) as { symbols?: unknown; rateLimits?: unknown }
    if (!Array.isArray(symbols)) throw badResponse('exchangeInfo has no list of symbols')
    const limit = statedLimit(rateLimits)
    if (followStatedLimit && limit !== undefined) opened.budget.setLimit(limit)
    return symbols.map(instrumentOf)
  })
  return {
    async serverTime() {
      const time = await rest.getJson('/api/v3/time', TIME_WEIGHT, (json) => {
        return toEpochMs(integer((json as { serverTime?: unknown } | null)?.serverTime, 'serverTime'))
      })
      opened.budget.setClockOffset(time - opened.now())
      return time
    },
    instruments: () => exchangeInfo(''),
    async instrument(symbol) {
      const found = (await exchangeInfo(`?symbol=${symbol}`)).find((i) => i.symbol === symbol)
      if (!found) throw unknownSymbol(`binance lists no ${symbol}`)
      return found
    },
  }
}

/** The weight a minute that exchangeInfo itself states. */
function statedLimit(rateLimits: unknown): number | undefined {
  if (!Array.isArray(rateLimits)) return undefined
  const entries = rateLimits as { rateLimitType?: unknown; interval?: unknown; intervalNum?: unknown; limit?: unknown }[]
  const minute = entries.find((e) => e.rateLimitType === 'REQUEST_WEIGHT' && e.interval === 'MINUTE' && e.intervalNum === 1)
  return typeof minute?.limit === 'number' && minute.limit > 0 ? minute.limit : undefined
}

function instrumentOf(entry: unknown): Instrument {
  const { symbol, status } = (entry ?? {}) as { symbol?: unknown; status?: unknown }
  if (typeof symbol !== 'string') throw badResponse('exchangeInfo lists a symbol without a name')
  return { symbol, status: status === 'TRADING' ? 'trading' : status === 'BREAK' || status === undefined ? 'delisted' : 'halted' }
}

function candleRequests(rest: VenueHttp): Pick<VenueClient, 'candlePage' | 'firstCandleTime'> {
  const { pageSize, weight } = KLINES
  return {
    candlePage({ symbol, interval, from, to }) {
      const query = `symbol=${symbol}&interval=${interval}&startTime=${from}&endTime=${to - 1}&limit=${pageSize}`
      return rest.getJson(`/api/v3/klines?${query}`, weight, (json) => {
        const rows = listOf(json).map((row) => candleOfKline(row, symbol, interval))
        const { records, duplicates } = orderCandles(rows)
        const inside = within(records, (c) => c.open_time, from, to)
        // A full page may have been cut off anywhere; a shorter one holds all there is.
        const last = inside.at(-1)
        const end = rows.length >= pageSize && last ? Math.min(to, nextOpenTime(last.open_time, interval)) : to
        return { from, to: end, candles: inside, duplicates }
      })
    },
    firstCandleTime({ symbol, interval, from, to }) {
      const query = `symbol=${symbol}&interval=${interval}&startTime=${from}&endTime=${to - 1}&limit=1`
      return rest.getJson(`/api/v3/klines?${query}`, weight, (json) => {
        const times = listOf(json).map((row) => candleOfKline(row, symbol, interval).open_time)
        return times.find((time) => time >= from && time < to)
      })
    },
  }
}

function tradeRequests(rest: VenueHttp): Pick<VenueClient, 'tradePage' | 'firstTradeFrom' | 'lastTrade'> {
  const { pageSize, weight } = AGGREGATE_TRADES
  const ask = (query: string, symbol: string): Promise<Trade[]> =>
    rest.getJson(`/api/v3/aggTrades?symbol=${symbol}&${query}`, weight, (json) => listOf(json).map((row) => tradeOfAggregate(row, symbol)))
  return {
    tradePage({ symbol, fromId, toId }) {
      const limit = Math.min(pageSize, toId - fromId)
      return rest.getJson(`/api/v3/aggTrades?symbol=${symbol}&fromId=${fromId}&limit=${limit}`, weight, (json) => {
        const rows = listOf(json).map((row) => tradeOfAggregate(row, symbol))
        const { records, duplicates } = orderTrades(rows)
        const inside = within(records, (t) => t.trade_id, fromId, toId)
        const cutOff = rows.length >= limit && inside.length > 0 && inside.length === records.length
        return { fromId, toId: cutOff ? inside.at(-1)!.trade_id + 1 : toId, trades: inside, duplicates }
      })
    },
    async firstTradeFrom({ symbol, time }) {
      return (await ask(`startTime=${time}&limit=1`, symbol)).find((trade) => trade.event_time >= time)
    },
    async lastTrade(symbol) {
      return (await ask('limit=1', symbol)).at(-1)
    },
  }
}

const depthWeight = (depth: number) => (depth <= 100 ? 5 : depth <= 500 ? 25 : depth <= 1000 ? 50 : 250)

const unknownSymbol = (message: string) => new StreamForgeError('UNKNOWN_SYMBOL', message, {
  remedy: "use a symbol as the venue's exchange information spells it, such as BTCUSDT",
})

/** Binance's error bodies: {"code":-1121,"msg":"Invalid symbol."} */
function explainBinance(status: number, body: string): StreamForgeError | undefined {
  let error: { code?: unknown; msg?: unknown }
  try {
    error = JSON.parse(body) as typeof error
  } catch {
    return undefined
  }
  if (typeof error?.code !== 'number') return undefined
  if (error.code === -1121) return unknownSymbol(`binance does not know the symbol (${String(error.msg)})`)
  return new StreamForgeError('VENUE_REJECTED', `binance refused the request: ${String(error.msg)} (code ${error.code}, HTTP ${status})`, {
    details: { status, code: error.code },
  })
}
