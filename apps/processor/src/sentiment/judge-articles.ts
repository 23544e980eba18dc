import { publishMessages, type Bus } from '@streamforge/bus'
import { catalog, newsSentimentKey, type DailySentiment, type NewsArticle, type NewsSentiment } from '@streamforge/contracts'
import { sentimentCollections, type SentimentScorer } from '@streamforge/market'
import type { Store, StoredDocument } from '@streamforge/store'
import { symbolsOf, textOf } from './article-text.ts'
import { storeDays } from './store-days.ts'

export interface JudgeParts {
  bus: Bus
  store: Store
  scorer: SentimentScorer
  /** Milliseconds since the epoch. */
  now: () => number
}

type StoredSentiment = NewsSentiment & StoredDocument

export async function ensureSentimentCollections(store: Store): Promise<void> {
  await store.ensureCollection(sentimentCollections.articles, { indexes: [['article_id'], ['symbol', 'published_at']] })
  await store.ensureCollection(sentimentCollections.days, { indexes: [['symbol', 'day'], ['day']] })
}

/**
 * Judges articles, once each: what was said first stays, because features may have used it; a newer text of the same article changes nothing. The judgements are
 * stored, then each symbol's day is taken together anew, then all of it is published. Doing it again after a crash publishes the same and stores nothing new.
 */
export async function judgeArticles(articles: readonly NewsArticle[], parts: JudgeParts): Promise<{ judged: number; sentiments: readonly NewsSentiment[] }> {
  const { bus, store } = parts
  const byId = new Map<string, NewsArticle>()
  for (const article of articles) if (!byId.has(article.article_id)) byId.set(article.article_id, article)
  const known = await judgedBefore(store, [...byId.keys()])
  const fresh = await judge([...byId.values()].filter(({ article_id }) => !known.has(article_id)), parts)
  const { created } = await store.writeBatch(sentimentCollections.articles, fresh.map((sentiment) => ({ _key: newsSentimentKey(sentiment), ...sentiment })), { overwrite: false })
  // Read again: another process may have been first with some of them.
  const sentiments = [...(await judgedBefore(store, [...byId.keys()])).values()].flat()
  const days = await storeDays(store, sentiments)
  await publish(bus, sentiments, days)
  return { judged: created, sentiments }
}

async function judgedBefore(store: Store, ids: readonly string[]): Promise<Map<string, NewsSentiment[]>> {
  // An article is about 50 symbols at most.
  const found = ids.length === 0 ? [] : await store.find<StoredSentiment>(sentimentCollections.articles, { where: { article_id: { in: ids } }, limit: ids.length * 50 })
  return Map.groupBy(found.map(({ _key, ...sentiment }) => sentiment as NewsSentiment), ({ article_id: id }) => id)
}

async function judge(articles: readonly NewsArticle[], { scorer, now }: JudgeParts): Promise<NewsSentiment[]> {
  const answers = await scorer.score(articles.map(textOf))
  const at = now()
  return articles.flatMap((article, i) => symbolsOf(article).map((symbol): NewsSentiment => ({
    kind: 'news_sentiment', article_id: article.article_id, feed: article.feed, symbol, ...answers[i]!, scorer: scorer.name, scorer_version: scorer.version,
    published_at: article.published_at, event_time: article.event_time, backfilled: article.backfilled,
    // What was read afterwards counts from when its feed says that it could be known: the judgement is a function of the article alone.
    known_time: article.backfilled ? article.known_time : Math.max(article.known_time, at),
  })))
}

async function publish(bus: Bus, sentiments: readonly NewsSentiment[], days: readonly DailySentiment[]): Promise<void> {
  if (sentiments.length > 0) await publishMessages(bus, catalog['news-sentiment'], [...sentiments, ...days])
}
