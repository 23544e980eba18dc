import { type DailySentiment, dailySentimentKeyRange, MAX_EPOCH_MS, type NewsSentiment, newsSentimentKeyRange, StreamForgeError } from '@streamforge/contracts'
import type { KeyRange, Store, StoredDocument } from '@streamforge/store'
import type { ArticleSentiment } from '../features/bar-inputs.ts'
import { dayOf, sentimentSeries, type SentimentDay } from './daily-sentiment.ts'

export const sentimentCollections = { articles: 'news_sentiment', days: 'daily_sentiment' } as const

/** Keys sort as text: instants before the 13th digit would stand among later ones. */
const firstOfThirteenDigits = 1_000_000_000_000

/** What articles say of a symbol, in the order of `published_at`, in batches. None where nobody has judged any. */
export async function* readSentiment(store: Store, symbol: string, range: { from?: number; to?: number } = {}): AsyncGenerator<NewsSentiment[]> {
  const { from = 0, to = MAX_EPOCH_MS } = range
  const keys = newsSentimentKeyRange(symbol, { from: Math.max(from, firstOfThirteenDigits), to })
  yield* scanOrNothing<NewsSentiment>(store, sentimentCollections.articles, keys)
}

/** The days of a symbol that news is known of, those of both ends included (`2024-08-01`), oldest first. */
export async function readDailySentiment(store: Store, symbol: string, days: { from: string; to: string }): Promise<DailySentiment[]> {
  // The end of a range is excluded; no day has a letter.
  const keys = dailySentimentKeyRange(symbol, { from: days.from, to: `${days.to}~` })
  const known: DailySentiment[] = []
  for await (const batch of scanOrNothing<DailySentiment>(store, sentimentCollections.days, keys)) known.push(...batch)
  return known
}

/** The days that end with that of `until` (ms), oldest first: 15 unless told. */
export async function readSentimentSeries(store: Store, symbol: string, { until, days = 15 }: { until: number; days?: number }): Promise<SentimentDay[]> {
  const known = await readDailySentiment(store, symbol, { from: dayOf(until - (days - 1) * 86_400_000), to: dayOf(until) })
  return sentimentSeries(known, { until, days })
}

/** An article's judgement in the form in which features take it. */
export const articleSentiment = ({ symbol, article_id, score, event_time, known_time }: NewsSentiment): ArticleSentiment =>
  ({ kind: 'article', symbol, article_id, score, event_time, known_time })

async function* scanOrNothing<T>(store: Store, collection: string, keys: KeyRange): AsyncGenerator<T[]> {
  try {
    for await (const batch of store.scan<StoredDocument>(collection, keys)) yield batch.map(({ _key, ...document }) => document as T)
  } catch (error) {
    if (!(error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND')) throw error
  }
}
