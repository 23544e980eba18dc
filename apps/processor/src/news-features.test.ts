import { publishMessages } from '@streamforge/bus'
import { catalog, featureSets, newsSentimentKey, type NewsSentiment } from '@streamforge/contracts'
import { articleSentiment, FeatureReducer, seededRandom } from '@streamforge/market'
import type { StopCause } from '@streamforge/service'
import type { StoredDocument } from '@streamforge/store'
import { afterEach, expect, it } from 'vitest'
import { featureStateCollection } from './feature-states.ts'
import { collectionOf, from, input, makeMarket, minute, openStage, rowsOf, type Stage } from './processor-fixture.ts'
import { ensureSentimentCollections } from './sentiment/judge-articles.ts'

let stage: Stage
afterEach(() => stage.close())

const symbol = 'AAAUSDT'
const bars = 120
const to = from + bars * minute
const market = makeMarket(symbol, bars)
const countAt = featureSets.bars_v1.indexOf('article_count')

const said = (id: number, published: number, delay: number, of = symbol): NewsSentiment => ({
  kind: 'news_sentiment', article_id: id.toString(16).padStart(32, '0'), feed: 'a-feed', symbol: of, score: seededRandom('score', String(id))() * 2 - 1, label: 'neutral',
  scorer: 'lexicon', scorer_version: '1', published_at: published, event_time: published, known_time: published + delay, backfilled: false,
})
/** The rows that one go over candles and articles makes. */
const rowsWith = (articles: readonly NewsSentiment[]) => {
  const reducer = new FeatureReducer({ venue: 'binance', symbol, interval: '1m', range: { from, to }, trades: false, quotes: false, articles: true })
  return [...articles.map(articleSentiment), ...market.candles].flatMap((record) => reducer.step(record))
}
const keepNews = async (articles: readonly NewsSentiment[]) => {
  await ensureSentimentCollections(stage.store)
  await stage.store.writeBatch('news_sentiment', articles.map((article) => ({ _key: newsSentimentKey(article), ...article })))
}
const planHistory = async () => {
  await stage.keep(collectionOf(symbol, 'api_candles_1m'), market.candles)
  await stage.plan({ symbols: [symbol], to, inputs: [input(symbol, 'api_candles_1m', { to })] })
}

it('are null where there is no news of the symbol: the rows are those of a stage that reads none', async () => {
  stage = await openStage()
  await planHistory()
  await keepNews([said(1, from + 5 * minute, 0, 'BBBUSDT')])
  expect(await stage.run()).toMatchObject({ exitCode: 0 })
  expect((await stage.published()).rows).toEqual(rowsOf(symbol, market, to))
})

it('count what was known by the end of a bar, however it was stored', async () => {
  stage = await openStage()
  await planHistory()
  const articles = [said(1, from - 3_600_000, 0), said(2, from + 10 * minute + 1, 20 * minute), said(3, from + 20 * minute, 1), said(4, from - 90_000_000, 0), said(5, to + minute, 0)]
  await keepNews(articles.toReversed())
  expect(await stage.run()).toMatchObject({ exitCode: 0 })
  const { rows } = await stage.published()
  expect(rows).toEqual(rowsWith(articles))
  const counts = rows.map(({ values }) => values[countAt])
  // The second is known at minute 30 and a millisecond, the third at minute 20 and one.
  expect([counts[0], counts[19], counts[20], counts[29], counts[30], counts.at(-1)]).toEqual([1, 1, 2, 2, 3, 3])
})

it('are the same live, over restarts, as in one go', async () => {
  stage = await openStage()
  const articles = [said(1, from - minute, 0), said(2, from + 30 * minute, 5_000), said(3, from + 61 * minute, 2_000), said(4, from + 95 * minute, 0)]
  const live = input(symbol, 'ws_candles_1m')
  await stage.plan({ symbols: [symbol], inputs: [live], live: true })
  await stage.keep(collectionOf(symbol, 'ws_candles_1m'), market.candles.slice(0, 20))
  await keepNews(articles.slice(0, 1))
  await stage.bus.admin.createTopic({ name: live.kafka_topic, partitions: 1 })
  const made = async () => new Map((await stage.published()).rows.map((row) => [row.open_time, row]))
  const stateOf = async () => (await stage.store.find<StoredDocument & { state: { articles: { id: string }[] } }>(featureStateCollection)).flatMap(({ state }) => state.articles.map(({ id }) => id))
  const cuts = [20, 40, 70, 120]
  for (let attempt = 1; attempt < cuts.length; attempt++) {
    const stopper = Promise.withResolvers<(cause: StopCause) => void>()
    const running = stage.run({ attempt, onStop: (stop) => { stopper.resolve(stop); return () => undefined } })
    const article = articles[attempt]!
    // Again and again, and another symbol's: as after a crash of whoever judges.
    await publishMessages(stage.bus, catalog['news-sentiment'], [article, said(9, from, 0, 'BBBUSDT'), article, ...articles.slice(0, attempt)])
    await expect.poll(stateOf, { interval: 10, timeout: 20_000 }).toContain(article.article_id)
    await stage.send(live.kafka_topic, market.candles.slice(cuts[attempt - 1], cuts[attempt]))
    await expect.poll(async () => (await made()).size, { interval: 10, timeout: 20_000 }).toBe(cuts[attempt])
    ;(await stopper.promise)({ kind: 'terminated', signal: 'SIGTERM' })
    await running
  }
  expect([...(await made()).values()]).toEqual(rowsWith(articles))
})
