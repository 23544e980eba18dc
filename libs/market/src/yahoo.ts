import { floorToInterval, intervalLengths, MIN_EPOCH_MS, StreamForgeError, type EpochMs, type Interval } from '@streamforge/contracts'
import type { VenueHttp } from './http.ts'
import { openVenueHttp } from './open-options.ts'
import type { CandlePage, CandleRequest, Instrument, OpenVenueOptions, Venue, VenueClient, VenueDescription, VenueLog } from './venue.ts'
import { candlesOfChart, firstTradeOfChart, type ChartBars } from './yahoo-rows.ts'

const dayMs = 86_400_000
/** Yahoo's own limit is not published; nobody was seen refused at one request a second. */
const limit = { weight: 60, windowMs: 60_000 }
/** Yahoo gives minutes for 7 days a request and half hours for 60: this many places are less of any interval. */
const candles = { pageSize: 2000, weight: 1 }

/**
 * Stocks by Yahoo Finance's chart API. Yahoo's plain symbols are those of exchanges in the United States (`yahoo`); elsewhere a symbol has a
 * suffix, which here is part of the venue's name: VOD.L is VOD of `yahoo_l`. Prices are adjusted for splits, not for dividends.
 * Hours open off the grid of UTC hours and are left out; of exchanges whose sessions are not known there are days only.
 */
export const yahooVenues: readonly Venue[] = [
  yahooVenue('yahoo', '', ['1m', '5m', '15m', '30m', '1d']),
  ...['L', 'DE', 'PA', 'TO', 'T', 'HK'].map((suffix) => yahooVenue(`yahoo_${suffix.toLowerCase()}`, `.${suffix}`, ['1d'])),
]

function yahooVenue(name: string, suffix: string, intervals: readonly Interval[]): Venue {
  const description: VenueDescription = {
    types: intervals.map((interval) => `api_candles_${interval}` as const), intervals, candles, trades: { pageSize: 1, weight: 1 }, limit, archive: false,
  }
  return { name, describe: () => description, open: (options) => openYahoo({ name, suffix, description }, options) }
}

function openYahoo({ name, suffix, description }: { name: string; suffix: string; description: VenueDescription }, options: OpenVenueOptions = {}): VenueClient {
  const opened = openVenueHttp(name, description, options)
  const rest = opened.http({ baseUrl: options.urls?.rest ?? 'https://query1.finance.yahoo.com', explain: explainYahoo })
  const path = (symbol: string, query: string) => `/v8/finance/chart/${symbol}${suffix}?${query}&includePrePost=false`
  return {
    name,
    description,
    // Yahoo tells no time of its own.
    serverTime: async () => opened.now(),
    async instruments(): Promise<Instrument[]> {
      throw new StreamForgeError('VENUE_REJECTED', 'Yahoo has no list of its instruments', { remedy: 'ask for one by its symbol' })
    },
    async instrument(symbol) {
      const first = await rest.getJson(path(symbol, 'interval=1d&range=1d'), candles.weight, firstTradeOfChart)
      return { symbol, status: 'trading', ...(first !== undefined && first >= MIN_EPOCH_MS && { listed_from: first }) }
    },
    ...chartRequests(rest, { name, description, path, log: options.log }),
    tradePage: noTrades, firstTradeFrom: noTrades, lastTrade: noTrades,
    close: () => rest.close(),
  }
}

interface Charts {
  name: string
  description: VenueDescription
  path: (symbol: string, query: string) => string
  log: VenueLog | undefined
}

function chartRequests(rest: VenueHttp, { name, description: { intervals }, path, log }: Charts): Pick<VenueClient, 'candlePage' | 'firstCandleTime'> {
  async function candlePage({ symbol, interval, from, to }: CandleRequest): Promise<CandlePage> {
    if (!intervals.includes(interval)) {
      throw new StreamForgeError('UNKNOWN_TYPE', `${name} has no ${interval} candles`, { remedy: `it has ${intervals.join(', ')}` })
    }
    const end = Math.min(to, from + candles.pageSize * intervalLengths[interval]!)
    // East of Greenwich a session may open before the day of UTC whose date it has.
    const period = `period1=${(interval === '1d' ? from - dayMs : from) / 1000}&period2=${end / 1000}`
    const { widened, ...page } = await rest.getJson(path(symbol, `interval=${interval}&${period}`), candles.weight, (json) =>
      candlesOfChart(json, { venue: name, symbol, interval, from, to: end })).catch(noDataAsEmpty)
    if (widened > 0) log?.warn({ symbol, interval, from, to: end, bars: widened }, 'bars whose high or low contradicted their open or close were widened')
    return { from, to: end, ...page }
  }

  /** By pages of days first: years without a bar cost few requests. */
  async function firstCandleTime(request: CandleRequest): Promise<EpochMs | undefined> {
    const daily = request.interval === '1d'
    for (let from = daily ? request.from : await firstDay(request); from !== undefined && from < request.to;) {
      const page = await candlePage({ ...request, from })
      if (page.candles[0]) return page.candles[0].open_time
      from = page.to
    }
    return undefined
  }

  /** Where bars shorter than a day are looked for. */
  async function firstDay(request: CandleRequest): Promise<EpochMs | undefined> {
    const day = await firstCandleTime({ ...request, interval: '1d', from: floorToInterval(request.from, '1d') })
    return day === undefined ? undefined : Math.max(request.from, day)
  }

  return { candlePage, firstCandleTime }
}

/** A range before the first trade, or of nothing but closed days, is answered by an error. */
function noDataAsEmpty(error: unknown): ChartBars {
  if (error instanceof StreamForgeError && error.details?.['no_data'] === true) return { candles: [], duplicates: 0, widened: 0 }
  throw error
}

/** Yahoo's error bodies: {"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}} */
function explainYahoo(status: number, body: string): StreamForgeError | undefined {
  try {
    const error = (JSON.parse(body) as { chart?: { error?: { code?: unknown; description?: unknown } } } | null)?.chart?.error
    if (typeof error?.code !== 'string' || typeof error.description !== 'string') return undefined
    if (error.description.startsWith("Data doesn't exist")) return new StreamForgeError('VENUE_REJECTED', error.description, { details: { no_data: true } })
    if (error.code === 'Not Found') {
      return new StreamForgeError('UNKNOWN_SYMBOL', `Yahoo knows no such instrument: ${error.description}`, { remedy: 'write it as Yahoo does, without a suffix: that is part of the venue, as in yahoo_l' })
    }
    return new StreamForgeError('VENUE_REJECTED', `Yahoo refused the request: ${error.code}: ${error.description}`.slice(0, 300), {
      details: { status }, remedy: 'bars of a minute reach back 30 days, those up to an hour 60: ask for a later range, or for days',
    })
  } catch {
    return undefined
  }
}

async function noTrades(): Promise<never> {
  throw new StreamForgeError('UNKNOWN_TYPE', 'Yahoo has no trades', { remedy: 'ask for candles' })
}

