import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { FeedEntry, type FeedParser } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { feedOf } from '../feed-file/feed.ts'
import { completeRecords } from '../run/complete-records.ts'
import { parserOf } from './index.ts'

const recorded = resolve(import.meta.dirname, '../../../../../shared/data')
const receivedAt = Date.UTC(2026, 0, 1)

function records(parser: FeedParser, text: string, options: { history?: boolean; symbols?: readonly (string | { symbol: string; as: string })[] } = {}) {
  const { history = false, symbols = [] } = options
  const kind = parserOf(parser).kinds[0]!
  const feed = feedOf(FeedEntry.parse({ name: 'recorded', interval: '1m', endpoint: 'https://example.com/path', parser, kind, symbols }), { binance: 'https://example.com' })
  const { facts, rejected } = parserOf(parser).parse(text, { asked: feed.instruments.map((i) => i.as), timezone: 'UTC', receivedAt, history })
  const completed = completeRecords(feed, facts, { instruments: feed.instruments, receivedAt, history, rejected })
  return { ...completed, rejected: [...rejected, ...completed.rejected] }
}

const read = (path: string) => {
  const raw = readFileSync(join(recorded, path))
  return (path.endsWith('.gz') ? gunzipSync(raw) : raw).toString()
}
/** The recording has request and response around the answer. */
const yahoo = (file: string) => JSON.stringify((JSON.parse(read(`api/yahoo/${file}`)) as { response: { bodyJson: unknown } }).response.bodyJson)

describe.skipIf(!existsSync(recorded))('recorded answers (skipped without ../shared/data)', () => {
  it("reads every chart of Yahoo's: a newest price each, and bars that lie in the past", () => {
    const files = readdirSync(join(recorded, 'api/yahoo')).filter((f) => f.startsWith('chart-') && !f.includes('fake'))
    expect(files.length).toBeGreaterThan(4)
    for (const file of files) {
      const symbol = file.split('-')[1]!.replace('=X', '')
      const as = file.startsWith('chart-BTC-USD') ? 'BTC-USD' : file.startsWith('chart-EURUSD') ? 'EURUSD=X' : symbol
      const { quotes, rejected } = records('yahoo-chart', yahoo(file), { symbols: [{ symbol, as }], history: true })
      expect(rejected, file).toEqual([])
      expect(quotes.filter((q) => !q.backfilled), file).toHaveLength(1)
      expect(quotes.every((q) => q.known_time >= q.event_time && q.symbol === symbol)).toBe(true)
    }
    const { quotes } = records('yahoo-chart', yahoo('chart-AAPL-2020-08-31-to-2020-11-07.json'), { symbols: ['AAPL'], history: true })
    const bars = quotes.filter((q) => q.backfilled)
    expect(bars.length).toBeGreaterThan(45)
    // The close of the New York session of 31 August 2020 is 20:00 UTC.
    expect(new Date(bars[0]!.event_time).toISOString()).toBe('2020-08-31T20:00:00.000Z')
  })

  it('reads quotes, rates and series of Alpha Vantage', () => {
    const quote = records('alpha-vantage', read('api/alpha_vantage/global_quote'), { symbols: ['MSFT'] })
    expect(quote.rejected).toEqual([])
    expect(quote.quotes).toMatchObject([{ symbol: 'MSFT', price: 112.13, previous_close: 112.79, percent_change: -0.5852, volume: 29062853, event_time: Date.UTC(2018, 9, 5, 20) }])
    expect(records('alpha-vantage', read('api/alpha_vantage/mock_foreign_exchange'), { symbols: [{ symbol: 'BTCCNY', as: 'BTCCNY' }] }).quotes)
      .toMatchObject([{ symbol: 'BTCCNY', price: 109631.430607, currency: 'CNY', event_time: Date.UTC(2017, 11, 20, 19, 23, 21) }])
    const series = records('alpha-vantage', read('api/alpha_vantage/mock_time_series'), { symbols: ['MSFT'], history: true })
    expect(series.quotes).toHaveLength(100)
    expect(series.quotes.at(-1)).toMatchObject({ price: 86.5, volume: 10494, bar_ms: 60_000, event_time: Date.UTC(2017, 11, 18, 19, 57) })
  })

  it("reads NewsAPI's headlines, each with an id of its own", () => {
    const { articles, rejected } = records('newsapi', read('api/newsapi/top_headlines_2022-09-28.json'))
    expect(rejected).toEqual([])
    expect(articles.length).toBeGreaterThan(15)
    expect(new Set(articles.map((a) => a.article_id)).size).toBe(articles.length)
    expect(articles[0]).toMatchObject({ publisher: 'CNBC', published_at: Date.UTC(2022, 8, 28, 4, 18) })
  })

  it('reads tweets and posts, known when they were published', () => {
    const tweets = records('posts', read('news/stocknet_tweets_2014.jsonl.gz'))
    expect(tweets.rejected).toEqual([])
    expect(tweets.articles.length).toBeGreaterThan(10_000)
    expect(tweets.articles[0]).toMatchObject({ symbols: ['AAPL'], published_at: Date.UTC(2014, 0, 1, 3, 59, 3), known_time: Date.UTC(2014, 0, 1, 3, 59, 3), backfilled: true })
    const emotions = records('posts', read('news/stockemotions_val.csv.gz'))
    expect(emotions.rejected).toEqual([])
    expect(emotions.articles).toHaveLength(1_000)
  })
})
