import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, connectBus, ensureTopics, listDeadLetters, publishMessages } from '@streamforge/bus'
import { catalog, type DailySentiment, type NewsArticle, type NewsSentiment, type Quote } from '@streamforge/contracts'
import { connectStore, type Store, type StoredDocument } from '@streamforge/store'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { storeFeeds } from './store-feeds.ts'

let directory: string
let bus: Bus
let store: Store
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-feed-connector-'))
  bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  await ensureTopics(bus)
})
afterEach(async () => {
  await store.close()
  await bus.close()
  await rm(directory, { recursive: true, force: true })
})

const at = Date.UTC(2024, 1, 1)
const quote = (price: number, event_time: number, backfilled = false): Quote => ({
  kind: 'quote', feed: 'stocks', source: 'yahoo-chart', asset: 'stock', symbol: 'BRK.B', price, event_time, known_time: event_time, backfilled,
})
const article_id = 'a'.repeat(32)
const article: NewsArticle = {
  kind: 'article', feed: 'wire', source: 'rss', article_id, symbols: [], title: 'Rates rise', published_at: at, event_time: at, known_time: at, backfilled: false,
}
const sentiment: NewsSentiment = {
  kind: 'news_sentiment', article_id, feed: 'wire', symbol: 'MARKET', score: -0.5, label: 'negative', scorer: 'lexicon', scorer_version: '1', published_at: at, event_time: at, known_time: at, backfilled: false,
}
const daily: DailySentiment = {
  kind: 'daily_sentiment', symbol: 'MARKET', day: '2024-02-01', articles: 1, positive: 0, neutral: 0, negative: 1, mean: -0.5, scorers: ['lexicon@1'], event_time: at + 86_400_000, known_time: at,
}

/** Runs the connector until all that is on its topics is stored. */
async function drain(): Promise<void> {
  const storing = await storeFeeds({ bus, store, service: 'feed-connector', now: () => at })
  const topics = [catalog.quotes, catalog.news, catalog['news-sentiment']].map((entry) => entry.topic)
  for (;;) {
    const lags = await Promise.all(topics.map((topic) => bus.admin.lag('feed-connector', topic)))
    if (lags.flat().every(({ lag }) => lag === 0n)) break
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await storing.close()
}

async function documents(collection: string): Promise<StoredDocument[]> {
  const found: StoredDocument[] = []
  for await (const batch of store.scan(collection)) found.push(...batch)
  return found
}

it('stores what feeds bring by what it is, however often it comes', async () => {
  await publishMessages(bus, catalog.quotes, [quote(1, at), quote(2, at + 1), quote(1, at)])
  await publishMessages(bus, catalog.news, [article])
  await publishMessages(bus, catalog['news-sentiment'], [sentiment, daily])
  await drain()
  await publishMessages(bus, catalog.quotes, [quote(2, at + 1), quote(99, at + 1, true), quote(3, at + 2, true)])
  await publishMessages(bus, catalog.news, [{ ...article, title: 'Rates rise, corrected' }])
  await publishMessages(bus, catalog['news-sentiment'], [{ ...daily, articles: 2, negative: 2 }])
  await drain()
  expect((await documents('quotes')).map((d) => [d._key, d.price])).toEqual([
    [`stocks_BRK.B_quote_${at}`, 1], [`stocks_BRK.B_quote_${at + 1}`, 2], [`stocks_BRK.B_quote_${at + 2}`, 3],
  ])
  expect(await documents('news_articles')).toEqual([{ _key: article_id, ...article, title: 'Rates rise, corrected' }])
  expect(await documents('news_sentiment')).toEqual([{ _key: `MARKET_news_${at}_${article_id}`, ...sentiment }])
  expect(await documents('daily_sentiment')).toMatchObject([{ _key: 'MARKET_daily_2024-02-01', articles: 2 }])
})

it('lets a message that does not fit stop no other', async () => {
  await bus.publish('quotes', [{ key: 'x', value: '{"kind":"quote"}' }, { key: 'x', value: JSON.stringify(quote(1, at)) }])
  await drain()
  expect(await documents('quotes')).toHaveLength(1)
  expect(await listDeadLetters(bus)).toMatchObject([{ source_topic: 'quotes', group: 'feed-connector' }])
})
