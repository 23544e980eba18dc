import { StreamForgeError } from '@streamforge/contracts'
import { z } from 'zod'
import type { ArticleFacts, ParseContext, Parsed, Parser } from '../parser.ts'
import { Amount, readJson, readShape } from '../read-json.ts'

const Quote = z.looseObject({ c: Amount, dp: Amount, h: Amount, l: Amount, o: Amount, pc: Amount, t: Amount, error: z.string().optional() })
const News = z.array(z.looseObject({
  datetime: z.number(), headline: z.string(), id: z.union([z.number(), z.string()]), related: z.string().nullish(), source: z.string().nullish(),
  summary: z.string().nullish(), url: z.string().nullish(),
}))

function parse(text: string, context: ParseContext): Parsed {
  const answer = readJson(text)
  return Array.isArray(answer) ? parseNews(answer) : parseQuote(answer, context)
}

/** The answer does not say of which symbol it is: one is asked at a time. */
function parseQuote(answer: unknown, { asked }: ParseContext): Parsed {
  const quote = readShape(Quote, answer)
  if (quote.error !== undefined) throw new StreamForgeError('FEED_REJECTED', `Finnhub: ${quote.error.slice(0, 200)}`)
  const symbol = asked[0]
  if (symbol === undefined || asked.length !== 1) throw new StreamForgeError('FEED_BAD_ANSWER', 'the answer does not say of which symbol it is: ask with {symbol}')
  // An unknown symbol is all zeros.
  if (!quote.c || !quote.t) return { facts: [], rejected: [`${symbol}: not known there`] }
  return {
    facts: [{
      type: 'quote', symbol, price: quote.c, time: quote.t * 1_000, open: quote.o, high: quote.h, low: quote.l, previous_close: quote.pc,
      percent_change: quote.dp,
    }],
    rejected: [],
  }
}

function parseNews(answer: unknown[]): Parsed {
  const facts = readShape(News, answer).map((item): ArticleFacts => ({
    type: 'article', id: item.url || `finnhub:${item.id}`, symbols: (item.related ?? '').split(',').filter((s) => s !== ''), title: item.headline,
    summary: item.summary || undefined, url: item.url || undefined, publisher: item.source || undefined, published: item.datetime * 1_000,
  }))
  return { facts, rejected: [] }
}

/** Finnhub's `/quote?symbol={symbol}`, and its `/company-news` and `/news` with the kind news. */
export const finnhub: Parser = { name: 'finnhub', kinds: ['stock', 'etf', 'forex', 'crypto', 'news'], accepts: 'json', hosts: /(^|\.)finnhub\.io$/, parse }
