import { z } from 'zod'
import { Epoch } from './epoch.ts'
import { FeedName, FeedParser, FeedSymbol } from './feeds.ts'

export const ArticleId = z.string().regex(/^[0-9a-f]{32}$/).describe("Made of the article's address, or of what its source calls it: the same article has the same id, whichever feed brings it")

/** The symbol of news that name none: it is about the market as a whole. */
export const marketSymbol = 'MARKET'

/** An article or a post, in the collection `news_articles` under its id. Its text is what the feed has of it, seldom the whole. */
export const NewsArticle = z.strictObject({
  kind: z.literal('article'),
  feed: FeedName,
  source: FeedParser,
  article_id: ArticleId,
  symbols: z.array(FeedSymbol).max(50).describe('That it is about; none: see marketSymbol'),
  title: z.string().min(1).max(1_000),
  summary: z.string().max(20_000).optional().describe('Plain text'),
  url: z.url({ protocol: /^https?$/ }).max(2_000).optional(),
  publisher: z.string().max(200).optional(),
  author: z.string().max(500).optional(),
  language: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/).optional(),
  published_at: Epoch.describe('By its source; never later than known_time'),
  event_time: Epoch.describe('published_at'),
  known_time: Epoch.describe('When the feed had it, or its newer text'),
  backfilled: z.boolean().describe('True: read afterwards, from history or a file'),
})
export type NewsArticle = z.infer<typeof NewsArticle>
export const articleKey = (article: Pick<NewsArticle, 'article_id'>) => article.article_id

export const SentimentLabel = z.enum(['negative', 'neutral', 'positive'])
const scorer = {
  scorer: z.string().regex(/^[a-z][a-z0-9-]{1,40}$/).describe('What judged it, such as lexicon or finbert'),
  scorer_version: z.string().min(1).max(64),
}

/** What an article says of a symbol: one an article and symbol, in the collection `news_sentiment`. */
export const NewsSentiment = z.strictObject({
  kind: z.literal('news_sentiment'),
  article_id: ArticleId,
  feed: FeedName,
  symbol: FeedSymbol,
  score: z.number().min(-1).max(1).describe('-1: as bad as can be, 0: neither, 1: as good as can be'),
  label: SentimentLabel,
  ...scorer,
  published_at: Epoch,
  event_time: Epoch.describe('published_at'),
  known_time: Epoch.describe('When the article was known and judged: nothing may use it before'),
  backfilled: z.boolean(),
})
export type NewsSentiment = z.infer<typeof NewsSentiment>
/** `BTCUSDT_news_1722470400000_<article id>`: those of one symbol sort in time. */
export const newsSentimentKey = (s: Pick<NewsSentiment, 'symbol' | 'published_at' | 'article_id'>) => `${s.symbol}_news_${s.published_at}_${s.article_id}`
export const newsSentimentKeyRange = (symbol: string, range: { from: number; to: number }) =>
  ({ from: `${symbol}_news_${range.from}`, to: `${symbol}_news_${range.to}` })

/** A symbol's news of a day (UTC) taken together, in the collection `daily_sentiment`; written anew as more comes. */
export const DailySentiment = z.strictObject({
  kind: z.literal('daily_sentiment'),
  symbol: FeedSymbol,
  day: z.iso.date(),
  articles: z.int().positive(),
  positive: z.int().nonnegative(), neutral: z.int().nonnegative(), negative: z.int().nonnegative(),
  mean: z.number().min(-1).max(1).describe('Of the scores'),
  scorers: z.array(z.string()).min(1).describe('<scorer>@<version> of those that judged'),
  event_time: Epoch.describe('End of the day'),
  known_time: Epoch.describe('Of the newest score that went in'),
})
export type DailySentiment = z.infer<typeof DailySentiment>
export const dailySentimentKey = (d: Pick<DailySentiment, 'symbol' | 'day'>) => `${d.symbol}_daily_${d.day}`
export const dailySentimentKeyRange = (symbol: string, days: { from: string; to: string }) =>
  ({ from: `${symbol}_daily_${days.from}`, to: `${symbol}_daily_${days.to}` })

/** What travels on `news-sentiment`. */
export const SentimentMessage = z.discriminatedUnion('kind', [NewsSentiment, DailySentiment])
export type SentimentMessage = z.infer<typeof SentimentMessage>
