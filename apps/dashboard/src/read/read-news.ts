import {
  marketSymbol, newsSentimentKey, type DailySentiment, type NewsAnswer, type NewsArticle, type NewsQuery, type NewsSentiment,
} from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import { orIfMissing } from './datasets.ts'

const day = 86_400_000
/** Articles that are looked through for one symbol's: their order is that of time, whomever they are about. */
const lookedThrough = 5_000
const dailyAtMost = 10_000

type Stored<T> = T & StoredDocument
const withoutKey = <T extends object>({ _key, ...value }: T & { _key: string }) => value as unknown as T

/** What was published in the last days, with what it says of whom; and each day taken together. */
export async function readNews(store: Store, query: NewsQuery, now: number): Promise<NewsAnswer> {
  const to = Math.floor(now / day) * day + day
  const from = to - query.days * day
  const [all, daily] = await Promise.all([articlesOf(store, query, from), dailyOf(store, from)])
  const articles = all.slice(0, query.limit)
  const sentiments = await sentimentsOf(store, articles, query.symbol)
  return {
    articles: articles.map((article) => ({ article, sentiments: sentiments.get(article.article_id) ?? [] })),
    daily: daily.filter((d) => query.symbol === undefined || d.symbol === query.symbol),
    symbols: [...new Set([...daily.map((d) => d.symbol), ...all.flatMap(symbolsOf)])].sort(), from, to, more: all.length > query.limit,
  }
}

/** An article that names no symbol is about the market. */
const symbolsOf = ({ symbols }: Pick<NewsArticle, 'symbols'>) => (symbols.length ? symbols : [marketSymbol])

/** Newest first, one more than is shown. */
async function articlesOf(store: Store, { symbol, limit }: NewsQuery, from: number): Promise<NewsArticle[]> {
  const articles = await orIfMissing(store.find<Stored<NewsArticle>>('news_articles', {
    where: { published_at: { gte: from } }, sort: [{ field: 'published_at', direction: 'desc' }], limit: symbol === undefined ? limit + 1 : lookedThrough,
  }), [])
  return articles.filter((article) => symbol === undefined || symbolsOf(article).includes(symbol)).slice(0, limit + 1).map(withoutKey)
}

async function sentimentsOf(store: Store, articles: readonly NewsArticle[], symbol: string | undefined): Promise<Map<string, NewsSentiment[]>> {
  const keys = articles.flatMap((article) => symbolsOf(article).filter((s) => symbol === undefined || s === symbol).map((s) => newsSentimentKey({ ...article, symbol: s })))
  if (!keys.length) return new Map()
  const found = await orIfMissing(store.find<Stored<NewsSentiment>>('news_sentiment', { where: { _key: { in: keys } }, limit: keys.length }), [])
  return Map.groupBy(found.map(withoutKey), ({ article_id: id }) => id)
}

const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/** Of all symbols, so that people see which there are to choose from. */
async function dailyOf(store: Store, from: number): Promise<DailySentiment[]> {
  const found = await orIfMissing(store.find<Stored<DailySentiment>>('daily_sentiment', { where: { day: { gte: dateOf(from) } }, sort: [{ field: '_key', direction: 'asc' }], limit: dailyAtMost }), [])
  return found.map(withoutKey)
}
