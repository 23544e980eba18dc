import { type Bus, consumeMessages } from '@streamforge/bus'
import {
  articleKey, catalog, type CatalogEntry, dailySentimentKey, newsSentimentKey, quoteKey, type NewsArticle, type Quote, type SentimentMessage,
} from '@streamforge/contracts'
import type { CollectionOptions, Store, WriteOptions } from '@streamforge/store'
import type { z } from 'zod'
import { accepted } from '../store-batch.ts'

/** Collections of what feeds bring, and what people look for in them. */
const collections: Readonly<Record<string, CollectionOptions>> = {
  quotes: { indexes: [['symbol', 'event_time'], ['feed', 'event_time']] },
  news_articles: { indexes: [['published_at'], ['feed', 'published_at']] },
  news_sentiment: { indexes: [['symbol', 'published_at'], ['published_at'], ['article_id']] },
  daily_sentiment: { indexes: [['symbol', 'day'], ['day']] },
}

interface Place {
  collection: string
  key: string
}

const placeOfQuote = (quote: Quote): Place => ({ collection: 'quotes', key: quoteKey(quote) })
const placeOfArticle = (article: NewsArticle): Place => ({ collection: 'news_articles', key: articleKey(article) })
const placeOfSentiment = (message: SentimentMessage): Place => message.kind === 'daily_sentiment'
  ? { collection: 'daily_sentiment', key: dailySentimentKey(message) } : { collection: 'news_sentiment', key: newsSentimentKey(message) }

/** What could be known first stays: a price that was fetched afterwards does not replace one that was seen. */
const seenCopyStays: WriteOptions = { yields: 'backfilled' satisfies keyof Quote }

export interface FeedStoring {
  /** Rejects when it cannot go on. */
  readonly done: Promise<unknown>
  close(): Promise<void>
}

interface StoreFeedsOptions {
  bus: Bus
  store: Store
  service: string
  now: () => number
  onStored?: (collection: string, documents: number) => void
}

/** Consumes `quotes`, `news` and `news-sentiment` into the store, by key; offsets are committed after the write. */
export async function storeFeeds(options: StoreFeedsOptions): Promise<FeedStoring> {
  const { store } = options
  for (const [name, collection] of Object.entries(collections)) await store.ensureCollection(name, collection)
  const consumers = await Promise.all([
    follow(options, catalog.quotes, placeOfQuote, seenCopyStays),
    follow(options, catalog.news, placeOfArticle),
    follow(options, catalog['news-sentiment'], placeOfSentiment),
  ])
  return {
    done: Promise.race(consumers.map((consumer) => consumer.done)),
    close: async () => void await Promise.all(consumers.map((consumer) => consumer.close())),
  }
}

function follow<S extends z.ZodType>(
  { bus, store, service, now, onStored }: StoreFeedsOptions, entry: CatalogEntry<S>, placeOf: (message: z.infer<S>) => Place, write: WriteOptions = {},
) {
  return consumeMessages(bus, entry, { group: service, from: 'earliest', service, now }, async ({ messages }) => {
    const placed = messages.map(({ value, text }) => ({ ...placeOf(value), text }))
    for (const [collection, documents] of Map.groupBy(placed, (p) => p.collection)) {
      await accepted(collection, documents.length, store.writeSerialised(collection, documents.map(({ key, text }) => ({ _key: key, json: text.trim() })), write))
      onStored?.(collection, documents.length)
    }
  })
}
