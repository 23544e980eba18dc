import { usSession } from '@streamforge/contracts'
import { barsWithin, type RecordedStock, type RecordedStocks } from '@streamforge/market'
import type { ActiveHole } from './faults.ts'
import { jsonReply, type Reply } from './reply.ts'

const dayMs = 86_400_000
/** 9:30 in winter, for a day that the calendar does not know as one of trading. */
const usualOpening = 14.5 * 3_600_000
const path = /^\/v8\/finance\/chart\/([^/]+)$/
const quoteColumns = ['open', 'high', 'low', 'close', 'volume'] as const

/** The path's symbol, undefined for paths that are not Yahoo's. */
export const yahooSymbol = (of: string): string | undefined => path.exec(of)?.[1]

const refused = (status: number, code: string, description: string): Reply => jsonReply({ chart: { result: null, error: { code, description } } }, status)

/**
 * Yahoo's `/v8/finance/chart` for recorded daily bars: `period1` and `period2` in seconds, both of times at which sessions open; without them the newest
 * bar. A day of which the recording lacks a price is there with nulls, as Yahoo has it.
 */
export function answerYahoo(stocks: RecordedStocks, symbol: string, query: string, now: number, holes: readonly ActiveHole[] = []): Reply {
  const stock = stocks.stock(decodeURIComponent(symbol))
  if (!stock) return refused(404, 'Not Found', 'No data found, symbol may be delisted')
  const parameters = new URLSearchParams(query)
  const interval = parameters.get('interval') ?? '1d'
  if (interval !== '1d') return refused(422, 'Unprocessable Entity', `${interval} data not available: only days are recorded`)
  const [from, to] = [periodOf(parameters, 'period1'), periodOf(parameters, 'period2')]
  if (Number.isNaN(from) || Number.isNaN(to)) return refused(400, 'Bad Request', 'Invalid input - period1 and period2 are seconds')
  const known = barsWithin(stock, -Infinity, Math.min(now, stock.days.at(-1)! + dayMs)).filter((at) => !isHidden(stock.days[at]!, holes))
  if (from === undefined || to === undefined) return chart(stock, known.slice(-1))
  const within = known.filter((at) => openingOf(stock.days[at]!) >= from && openingOf(stock.days[at]!) < to)
  if (within.length === 0 && (to <= stock.days[0]! || from > stock.days.at(-1)! + dayMs)) {
    return refused(400, 'Bad Request', `Data doesn't exist for startDate = ${from / 1000}, endDate = ${to / 1000}`)
  }
  return chart(stock, within)
}

function periodOf(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name)
  return text === null ? undefined : /^-?\d+$/.test(text) ? Number(text) * 1000 : NaN
}

/** Whether a fault hides the bar; that is then one of its strikes. */
function isHidden(day: number, holes: readonly ActiveHole[]): boolean {
  const hole = holes.find(({ from, to }) => day >= from && day < to)
  hole?.strike()
  return hole !== undefined
}

const openingOf = (day: number) => usSession(day)?.open ?? day + usualOpening

function chart(stock: RecordedStock, places: readonly number[]): Reply {
  const orNull = (value: number) => (Number.isNaN(value) ? null : value)
  const meta = {
    currency: 'USD', symbol: stock.ticker, exchangeName: 'NMS', fullExchangeName: 'NasdaqGS', instrumentType: 'EQUITY', firstTradeDate: openingOf(stock.days[0]!) / 1000,
    hasPrePostMarketData: true, gmtoffset: -18_000, timezone: 'EST', exchangeTimezoneName: 'America/New_York', priceHint: 2, dataGranularity: '1d', range: '',
  }
  // Without a bar there are no times at all, and a quote without columns.
  const quote = places.length > 0 ? Object.fromEntries(quoteColumns.map((name) => [name, places.map((at) => orNull(stock[name][at]!))])) : {}
  const result = { meta, ...(places.length > 0 && { timestamp: places.map((at) => openingOf(stock.days[at]!) / 1000) }), indicators: { quote: [quote] } }
  return { ...jsonReply({ chart: { result: [result], error: null } }), rows: places.length }
}
