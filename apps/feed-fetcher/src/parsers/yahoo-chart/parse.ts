import { StreamForgeError } from '@streamforge/contracts'
import { z } from 'zod'
import type { ParseContext, Parsed, Parser, QuoteFacts } from '../parser.ts'
import { Amount, readJson, readShape } from '../read-json.ts'

const Period = z.looseObject({ start: z.number(), end: z.number() })
const Column = z.array(z.number().nullable())
const Result = z.looseObject({
  meta: z.looseObject({
    symbol: z.string(), currency: z.string().nullish(), regularMarketPrice: Amount, regularMarketTime: Amount,
    longName: z.string().nullish(), shortName: z.string().nullish(), previousClose: Amount, chartPreviousClose: Amount,
    regularMarketDayHigh: Amount, regularMarketDayLow: Amount, regularMarketVolume: Amount, dataGranularity: z.string().nullish(),
    currentTradingPeriod: z.looseObject({ regular: Period.optional() }).optional(),
  }),
  timestamp: z.array(z.number()).optional(),
  indicators: z.looseObject({
    quote: z.array(z.looseObject({ open: Column.optional(), high: Column.optional(), low: Column.optional(), close: Column.optional(), volume: Column.optional() })),
  }).optional(),
})
const Answer = z.looseObject({
  chart: z.looseObject({ result: z.array(Result).nullable(), error: z.looseObject({ code: z.string(), description: z.string() }).nullish() }),
})
type Result = z.infer<typeof Result>

/** Quoted in a hundredth of the currency. */
const hundredths: Readonly<Record<string, string>> = { GBp: 'GBP', ZAc: 'ZAR', ILA: 'ILS' }

function parse(text: string, { history }: ParseContext): Parsed {
  const { chart } = readShape(Answer, readJson(text))
  if (chart.error) throw new StreamForgeError('FEED_REJECTED', `Yahoo: ${chart.error.code}: ${chart.error.description}`.slice(0, 300))
  const results = chart.result ?? []
  const facts = results.flatMap((result) => [...(history ? barsOf(result) : []), ...newestOf(result)])
  return { facts, rejected: results.filter((r) => newestOf(r).length === 0).map((r) => `${r.meta.symbol}: no price`) }
}

function moneyOf({ meta: { currency } }: Result): { currency: string | undefined; scale: number } {
  const whole = hundredths[currency ?? '']
  return whole === undefined ? { currency: currency ?? undefined, scale: 1 } : { currency: whole, scale: 0.01 }
}

const scaled = (value: number | null | undefined, scale: number) => value == null ? undefined : scale === 1 ? value : value * scale

function newestOf(result: Result): QuoteFacts[] {
  const { meta } = result
  const { currency, scale } = moneyOf(result)
  const price = scaled(meta.regularMarketPrice, scale)
  if (price === undefined) return []
  const previous = scaled(meta.previousClose ?? meta.chartPreviousClose, scale)
  return [{
    type: 'quote', symbol: meta.symbol, name: meta.longName ?? meta.shortName ?? undefined, currency, price,
    time: meta.regularMarketTime === undefined ? undefined : meta.regularMarketTime * 1_000,
    high: scaled(meta.regularMarketDayHigh, scale), low: scaled(meta.regularMarketDayLow, scale), previous_close: previous,
    percent_change: previous ? (price / previous - 1) * 100 : undefined,
    volume: meta.regularMarketVolume,
  }]
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, wk: 604_800_000 }

/** Bars that have ended. Yahoo stamps their beginning; a daily bar lasts as long as its session. */
function barsOf(result: Result): QuoteFacts[] {
  const { meta, timestamp = [], indicators } = result
  const [, count, unit] = /^(\d+)(m|h|d|wk)$/.exec(meta.dataGranularity ?? '') ?? []
  const columns = indicators?.quote[0]
  if (unit === undefined || !columns) return []
  const regular = meta.currentTradingPeriod?.regular
  const length = unit === 'd' && count === '1' && regular ? (regular.end - regular.start) * 1_000 : Number(count) * units[unit]!
  const { currency, scale } = moneyOf(result)
  return timestamp.flatMap((start, i): QuoteFacts[] => {
    const price = scaled(columns.close?.[i], scale)
    const time = start * 1_000 + length
    if (price === undefined || time > (meta.regularMarketTime ?? 0) * 1_000) return []
    return [{
      type: 'quote', symbol: meta.symbol, currency, price, time, bar_ms: length,
      open: scaled(columns.open?.[i], scale), high: scaled(columns.high?.[i], scale), low: scaled(columns.low?.[i], scale), volume: columns.volume?.[i] ?? undefined,
    }]
  })
}

/** Yahoo Finance's `v8/finance/chart/{symbol}`: stocks, funds, currencies (`EURUSD=X`), and their past. */
export const yahooChart: Parser = {
  name: 'yahoo-chart', kinds: ['stock', 'etf', 'forex', 'crypto'], accepts: 'json', hosts: /(^|\.)finance\.yahoo\.com$/, parse,
}
