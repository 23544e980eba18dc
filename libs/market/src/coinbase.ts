import { floorToInterval, StreamForgeError, type DataType, type EpochMs, type Interval, type Trade } from '@streamforge/contracts'
import { bisectTradeId } from './bisect-trade-id.ts'
import { candleOfRow, tradeOfRow } from './coinbase-rows.ts'
import type { VenueHttp } from './http.ts'
import { openVenueHttp } from './open-options.ts'
import { badResponse, decimal, listOf, orderCandles, orderTrades, within } from './page.ts'
import type { CandleRequest, Instrument, OpenVenueOptions, Venue, VenueClient, VenueDescription } from './venue.ts'

/** The intervals that Coinbase Exchange serves, in seconds. */
const granularities: Partial<Record<Interval, number>> = { '1m': 60, '5m': 300, '15m': 900, '1h': 3600, '6h': 21_600, '1d': 86_400 }
const intervals = Object.keys(granularities) as Interval[]
const CANDLES = { pageSize: 300, weight: 1 }
const TRADES = { pageSize: 1000, weight: 1 }

const description: VenueDescription = {
  types: [...intervals.map((i): DataType => `api_candles_${i}`), 'api_trades'],
  intervals,
  candles: CANDLES,
  trades: TRADES,
  limit: { weight: 10, windowMs: 1_000 },
  archive: false,
}

/** Coinbase Exchange: candles and trades of the whole history. A candle exists only where something was traded. */
export const coinbase: Venue = { name: 'coinbase', describe: () => description, open: openCoinbase }

interface Products {
  instruments: Instrument[]
  /** BTCUSD -> BTC-USD */
  ids: ReadonlyMap<string, string>
}

function openCoinbase(options: OpenVenueOptions = {}): VenueClient {
  const opened = openVenueHttp('coinbase', description, options)
  const rest = opened.http({ baseUrl: options.urls?.rest ?? 'https://api.exchange.coinbase.com', explain: explainCoinbase })
  let products: Promise<Products> | undefined
  const known = () => products ??= readProducts(rest).catch((error: unknown) => { products = undefined; throw error })
  const productId = async (symbol: string) => {
    const id = (await known()).ids.get(symbol)
    if (id === undefined) throw unknownSymbol(symbol)
    return id
  }
  return {
    name: 'coinbase',
    description,
    async serverTime() {
      const time = await rest.getJson('/time', 1, (json) => Math.round(decimal((json as { epoch?: unknown } | null)?.epoch, 'epoch') * 1000))
      opened.budget.setClockOffset(time - opened.now())
      return time
    },
    instruments: async () => (await known()).instruments,
    async instrument(symbol) {
      const found = (await known()).instruments.find((i) => i.symbol === symbol)
      if (!found) throw unknownSymbol(symbol)
      return found
    },
    ...candleRequests(rest, productId),
    ...tradeRequests(rest, productId),
    close: () => rest.close(),
  }
}

function readProducts(rest: VenueHttp): Promise<Products> {
  return rest.getJson('/products', 1, (json) => {
    const ids = new Map<string, string>()
    const instruments = listOf(json).map((entry): Instrument => {
      const { id, status } = (entry ?? {}) as { id?: unknown; status?: unknown }
      if (typeof id !== 'string') throw badResponse('a product has no id')
      const symbol = id.replaceAll('-', '').toUpperCase()
      ids.set(symbol, id)
      return { symbol, status: status === 'online' ? 'trading' : status === 'delisted' ? 'delisted' : 'halted' }
    })
    return { instruments, ids }
  })
}

function candleRequests(rest: VenueHttp, productId: (symbol: string) => Promise<string>): Pick<VenueClient, 'candlePage' | 'firstCandleTime'> {
  async function candlePage({ symbol, interval, from, to }: CandleRequest) {
    const granularity = granularities[interval]
    if (granularity === undefined) {
      throw new StreamForgeError('UNKNOWN_TYPE', `coinbase has no ${interval} candles`, { remedy: `it has ${intervals.join(', ')}` })
    }
    const end = Math.min(to, from + CANDLES.pageSize * granularity * 1000)
    // Both ends are included in Coinbase's answer.
    const query = `granularity=${granularity}&start=${new Date(from).toISOString()}&end=${new Date(end - 1).toISOString()}`
    return rest.getJson(`/products/${await productId(symbol)}/candles?${query}`, CANDLES.weight, (json) => {
      const { records, duplicates } = orderCandles(listOf(json).map((row) => candleOfRow(row, symbol, interval)))
      return { from, to: end, candles: within(records, (c) => c.open_time, from, end), duplicates }
    })
  }

  /** Walks pages of days first, so that years without a candle cost few requests. */
  async function firstCandleTime(request: CandleRequest): Promise<EpochMs | undefined> {
    const daily = request.interval === '1d'
    let from = request.from
    while (from < request.to) {
      const day = daily ? from : await firstCandleTime({ ...request, interval: '1d', from: floorToInterval(from, '1d') })
      if (day === undefined) return undefined
      for (from = Math.max(from, day); from < request.to && (daily || from < day + 86_400_000);) {
        const page = await candlePage({ ...request, from })
        if (page.candles[0]) return page.candles[0].open_time
        from = page.to
      }
    }
    return undefined
  }

  return { candlePage, firstCandleTime }
}

function tradeRequests(rest: VenueHttp, productId: (symbol: string) => Promise<string>): Pick<VenueClient, 'tradePage' | 'firstTradeFrom' | 'lastTrade'> {
  async function ask(symbol: string, query: string): Promise<{ records: Trade[]; duplicates: number }> {
    return rest.getJson(`/products/${await productId(symbol)}/trades?${query}`, TRADES.weight, (json) =>
      orderTrades(listOf(json).map((row) => tradeOfRow(row, symbol))))
  }
  /** Coinbase pages backwards: `after=N` means ids below N, the newest first. */
  async function tradePage({ symbol, fromId, toId }: { symbol: string; fromId: number; toId: number }) {
    const end = Math.min(toId, fromId + TRADES.pageSize)
    const { records, duplicates } = await ask(symbol, `after=${end}&limit=${end - fromId}`)
    return { fromId, toId: end, trades: within(records, (t) => t.trade_id, fromId, end), duplicates }
  }
  const lastTrade = async (symbol: string) => (await ask(symbol, 'limit=1')).records.at(-1)
  return {
    tradePage,
    lastTrade,
    async firstTradeFrom({ symbol, time }) {
      const last = await lastTrade(symbol)
      if (!last || last.event_time < time) return undefined
      const newestUpTo = async (id: number) => (await ask(symbol, `after=${id + 1}&limit=1`)).records.at(-1)
      const id = await bisectTradeId(1, last.trade_id, time, newestUpTo)
      return id === last.trade_id ? last : newestUpTo(id)
    },
  }
}

const unknownSymbol = (symbol: string) => new StreamForgeError('UNKNOWN_SYMBOL', `coinbase lists no ${symbol}`, {
  remedy: 'write the product without its dash: BTC-USD is BTCUSD',
})

/** Coinbase's error bodies: {"message":"NotFound"} */
function explainCoinbase(status: number, body: string): StreamForgeError | undefined {
  try {
    const { message } = JSON.parse(body) as { message?: unknown }
    if (typeof message !== 'string') return undefined
    return new StreamForgeError('VENUE_REJECTED', `coinbase refused the request: ${message} (HTTP ${status})`, { details: { status } })
  } catch {
    return undefined
  }
}
