import { StreamForgeError } from '@streamforge/contracts'
import { z } from 'zod'
import { instantOf } from '../../schedule/zone-time.ts'
import type { ParseContext, Parsed, Parser, QuoteFacts } from '../parser.ts'
import { Amount, readJson, readShape } from '../read-json.ts'

const GlobalQuote = z.looseObject({
  '01. symbol': z.string(), '02. open': Amount, '03. high': Amount, '04. low': Amount, '05. price': Amount, '06. volume': Amount,
  '07. latest trading day': z.string(), '08. previous close': Amount,
  '10. change percent': z.string().transform((t) => Number(t.replace('%', ''))).optional(),
})
const ExchangeRate = z.looseObject({
  '1. From_Currency Code': z.string(), '3. To_Currency Code': z.string(), '5. Exchange Rate': Amount, '6. Last Refreshed': z.string(), '7. Time Zone': z.string(),
  '8. Bid Price': Amount, '9. Ask Price': Amount,
})
const Bar = z.looseObject({ '1. open': Amount, '2. high': Amount, '3. low': Amount, '4. close': Amount, '5. volume': Amount })

/** Where daily figures are from, and when its session ends: the service is about the exchanges of the United States. */
const newYork = 'America/New_York'
const closeOfDay = '16:00:00'

function parse(text: string, context: ParseContext): Parsed {
  const answer = readShape(z.record(z.string(), z.unknown()), readJson(text))
  refuse(answer)
  if (answer['Global Quote'] !== undefined) return parseGlobalQuote(answer['Global Quote'], context)
  if (answer['Realtime Currency Exchange Rate'] !== undefined) return parseRate(answer['Realtime Currency Exchange Rate'])
  const series = Object.keys(answer).find((key) => key.startsWith('Time Series'))
  if (series !== undefined) return parseSeries(answer, series, context)
  throw new StreamForgeError('FEED_BAD_ANSWER', `the answer has neither a quote, a rate nor a series, but ${Object.keys(answer).slice(0, 3).join(', ') || 'nothing'}`)
}

/** It refuses with status 200. */
function refuse(answer: Record<string, unknown>): void {
  const limited = answer['Note'] ?? answer['Information']
  if (typeof limited === 'string') throw new StreamForgeError('FEED_RATE_LIMITED', 'Alpha Vantage says that its limit for this key is reached')
  const error = answer['Error Message']
  if (typeof error === 'string') throw new StreamForgeError('FEED_REJECTED', `Alpha Vantage: ${error.slice(0, 200)}`)
}

function parseGlobalQuote(value: unknown, { receivedAt, asked }: ParseContext): Parsed {
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) return { facts: [], rejected: [`${asked.join(', ')}: not known there`] }
  const quote = readShape(GlobalQuote, value)
  const price = quote['05. price']
  if (price === undefined) return { facts: [], rejected: [`${quote['01. symbol']}: no price`] }
  const close = zoned(`${quote['07. latest trading day']} ${closeOfDay}`, newYork)
  return {
    facts: [{
      type: 'quote', symbol: quote['01. symbol'], price,
      // Of a day that is not over the price is newer than its date says.
      time: close > receivedAt ? undefined : close,
      currency: 'USD', open: quote['02. open'], high: quote['03. high'], low: quote['04. low'], previous_close: quote['08. previous close'],
      percent_change: quote['10. change percent'], volume: quote['06. volume'],
    }],
    rejected: [],
  }
}

function parseRate(value: unknown): Parsed {
  const rate = readShape(ExchangeRate, value)
  const symbol = rate['1. From_Currency Code'] + rate['3. To_Currency Code']
  const price = rate['5. Exchange Rate']
  if (price === undefined) return { facts: [], rejected: [`${symbol}: no rate`] }
  const time = zoned(rate['6. Last Refreshed'], rate['7. Time Zone'])
  return { facts: [{ type: 'quote', symbol, price, time, currency: rate['3. To_Currency Code'], bid: rate['8. Bid Price'], ask: rate['9. Ask Price'] }], rejected: [] }
}

function parseSeries(answer: Record<string, unknown>, name: string, { history, receivedAt }: ParseContext): Parsed {
  const meta = readShape(z.record(z.string(), z.string()), answer['Meta Data'])
  const metaOf = (field: string) => Object.entries(meta).find(([key]) => key.replace(/^\d+\. /, '') === field)?.[1]
  const symbol = metaOf('Symbol')
  const zone = metaOf('Time Zone') ?? newYork
  if (symbol === undefined) throw new StreamForgeError('FEED_BAD_ANSWER', 'the series does not say of which symbol it is')
  const minutes = /\((\d+)min\)/.exec(name)?.[1]
  const rejected: string[] = []
  const facts = Object.entries(readShape(z.record(z.string(), Bar), answer[name])).flatMap(([stamp, bar]): QuoteFacts[] => {
    const price = bar['4. close']
    const bar_ms = minutes === undefined ? undefined : Number(minutes) * 60_000
    // An intraday stamp may be a bar's beginning: its end is the first moment at which the close was surely known.
    const time = bar_ms === undefined ? zoned(`${stamp.slice(0, 10)} ${closeOfDay}`, zone) : zoned(stamp, zone) + bar_ms
    if (price === undefined) rejected.push(`${symbol}: no close at ${stamp}`)
    if (price === undefined || time > receivedAt) return []
    return [{ type: 'quote', symbol, price, time, open: bar['1. open'], high: bar['2. high'], low: bar['3. low'], volume: bar['5. volume'], bar_ms: bar_ms ?? 86_400_000 }]
  }).sort((a, b) => a.time! - b.time!)
  return { facts: history ? facts : facts.slice(-1), rejected }
}

/** @throws StreamForgeError FEED_BAD_ANSWER */
function zoned(stamp: string, zone: string): number {
  const local = Date.parse(`${stamp.trim().replace(' ', 'T')}Z`)
  if (Number.isNaN(local)) throw new StreamForgeError('FEED_BAD_ANSWER', `'${stamp.slice(0, 40)}' is no time`)
  try {
    return instantOf(zone, local)
  } catch (cause) {
    throw new StreamForgeError('FEED_BAD_ANSWER', `'${zone.slice(0, 40)}' is no time zone`, { cause })
  }
}

/** Alpha Vantage's GLOBAL_QUOTE, CURRENCY_EXCHANGE_RATE and TIME_SERIES_INTRADAY or _DAILY. */
export const alphaVantage: Parser = { name: 'alpha-vantage', kinds: ['stock', 'etf', 'forex', 'crypto'], accepts: 'json', hosts: /(^|\.)alphavantage\.co$/, parse }
