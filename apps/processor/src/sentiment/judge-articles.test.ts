import { catalog, type NewsArticle, NewsSentiment, SentimentMessage } from '@streamforge/contracts'
import { lexiconScorer, readDailySentiment, readSentiment, readSentimentSeries } from '@streamforge/market'
import { publishMessages } from '@streamforge/bus'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openStage, type Stage } from '../processor-fixture.ts'
import { followArticles } from './follow-articles.ts'
import { ensureSentimentCollections, judgeArticles } from './judge-articles.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
  await ensureSentimentCollections(stage.store)
})
afterEach(() => stage.close())

const noon = Date.UTC(2024, 2, 10, 12)
const article = (id: number, title: string, more: Partial<NewsArticle> = {}): NewsArticle => ({
  kind: 'article', feed: 'a-feed', source: 'rss', article_id: id.toString(16).padStart(32, '0'), symbols: ['AAPL'], title,
  published_at: noon, event_time: noon, known_time: noon + 60_000, backfilled: false, ...more,
})
const parts = (now = noon + 120_000) => ({ bus: stage.bus, store: stage.store, scorer: lexiconScorer(), now: () => now })
const published = async () => (await stage.bus.admin.peek('news-sentiment', { partition: 0, limit: 1_000 })).map(({ value }) => SentimentMessage.parse(JSON.parse(value.toString())))
const stored = async (symbol: string) => {
  const all: NewsSentiment[] = []
  for await (const batch of readSentiment(stage.store, symbol)) all.push(...batch)
  return all
}

it('judges each symbol of an article once, says who judged, and takes the day together', async () => {
  await judgeArticles([
    article(1, 'Apple beats expectations', { symbols: ['AAPL', 'MSFT', 'AAPL'] }), article(2, 'Lawsuit against Apple'), article(3, 'Markets plunge', { symbols: [] }),
  ], parts())
  expect((await stored('AAPL')).map(({ label }) => label)).toEqual(['positive', 'negative'])
  expect(await stored('MARKET')).toMatchObject([{ label: 'negative', scorer: 'lexicon', scorer_version: lexiconScorer().version }])
  expect(await readDailySentiment(stage.store, 'AAPL', { from: '2024-03-10', to: '2024-03-10' })).toMatchObject([{ articles: 2, positive: 1, negative: 1, neutral: 0 }])
  const messages = await published()
  expect(messages.filter(({ kind }) => kind === 'news_sentiment')).toHaveLength(4)
  expect(messages.filter(({ kind }) => kind === 'daily_sentiment').map(({ symbol }) => symbol).sort()).toEqual(['AAPL', 'MARKET', 'MSFT'])
  for (const sentiment of await stored('AAPL')) NewsSentiment.parse(sentiment)
  const series = await readSentimentSeries(stage.store, 'AAPL', { until: noon + 86_400_000 })
  expect(series.map(({ articles }) => articles)).toEqual([...Array.from({ length: 13 }, () => 0), 2, 0])
})

it('keeps the first judgement: a newer text, another clock or a crash change nothing', async () => {
  await judgeArticles([article(1, 'Apple beats expectations')], parts())
  const before = { stored: await stored('AAPL'), published: await published() }
  await judgeArticles([article(1, 'Apple misses expectations', { published_at: noon + 1, event_time: noon + 1, known_time: noon + 600_000 })], parts(noon + 900_000))
  expect(await stored('AAPL')).toEqual(before.stored)
  expect((await published()).slice(before.published.length)).toEqual(before.published)
})

it('counts a judgement from when it was made, and one of history from when the article could be known', async () => {
  await judgeArticles([article(1, 'good'), article(2, 'good', { backfilled: true })], parts(noon + 500_000))
  expect((await stored('AAPL')).map(({ known_time }) => known_time - noon)).toEqual([500_000, 60_000])
})

it('follows the topic, and judges again nothing of what was judged when it is started again', async () => {
  await publishMessages(stage.bus, catalog.news, [article(1, 'Apple soars'), article(2, 'Apple plunges', { published_at: noon + 86_400_000, event_time: noon + 86_400_000, known_time: noon + 86_400_000 })])
  const judged = { first: 0, second: 0 }
  const first = await followArticles({ ...parts(), onJudged: (count) => { judged.first += count } })
  await vi.waitFor(async () => expect(await stored('AAPL')).toHaveLength(2), { timeout: 5_000 })
  await first.close()
  const second = await followArticles({ ...parts(), onJudged: (count) => { judged.second += count } })
  await publishMessages(stage.bus, catalog.news, [article(1, 'Apple soars'), article(3, 'Apple soars again')])
  await vi.waitFor(async () => expect(await stored('AAPL')).toHaveLength(3), { timeout: 5_000 })
  await vi.waitFor(() => expect(judged).toEqual({ first: 2, second: 1 }), { timeout: 5_000 })
  await second.close()
  expect(await readDailySentiment(stage.store, 'AAPL', { from: '2024-03-10', to: '2024-03-11' })).toMatchObject([{ day: '2024-03-10', articles: 2 }, { day: '2024-03-11', articles: 1 }])
})
