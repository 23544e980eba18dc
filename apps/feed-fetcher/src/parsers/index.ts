import type { FeedParser } from '@streamforge/contracts'
import { alphaVantage } from './alpha-vantage/parse.ts'
import { binanceTicker } from './binance-ticker/parse.ts'
import { coincap } from './coincap/parse.ts'
import { finnhub } from './finnhub/parse.ts'
import { newsapi } from './newsapi/parse.ts'
import type { Parser } from './parser.ts'
import { posts } from './posts/parse.ts'
import { rss } from './rss/parse.ts'
import { stockDetails } from './stock-details/parse.ts'
import { yahooChart } from './yahoo-chart/parse.ts'

/** Every format that can be read. A new one is a folder beside these, a name in `feedParsers` of contracts, and a line here. */
const parsers: Readonly<Record<FeedParser, Parser>> = {
  'yahoo-chart': yahooChart, 'alpha-vantage': alphaVantage, finnhub, 'stock-details': stockDetails, coincap, 'binance-ticker': binanceTicker, newsapi, rss, posts,
}

export const parserOf = (name: FeedParser): Parser => parsers[name]

/** The parser of a source that is known by its host. */
export const parserForHost = (host: string): FeedParser | undefined =>
  Object.values(parsers).find(({ hosts }) => hosts?.test(host.replace(/:\d+$/, '')))?.name
