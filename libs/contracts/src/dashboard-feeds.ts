import { z } from 'zod'
import { Epoch } from './epoch.ts'
import { FeedAnswer, FeedCommand, FeedFileState, FeedName, FeedState, FeedSymbol } from './feeds.ts'
import { DailySentiment, NewsArticle, NewsSentiment } from './news.ts'

/** What the dashboard's server answers about news and feeds, and what its Feeds page may ask for. */

/** GET /api/news: what was published in the last days, the newest first. */
export const NewsQuery = z.strictObject({
  symbol: FeedSymbol.optional().describe('Only what is about it; MARKET: what names no symbol; absent: all'),
  days: z.coerce.number().int().min(1).max(60).default(15).describe('Today (UTC) and so many days before, less one'),
  limit: z.coerce.number().int().min(1).max(500).default(200).describe('Articles'),
})
export type NewsQuery = z.infer<typeof NewsQuery>

export const ScoredArticle = z.strictObject({ article: NewsArticle, sentiments: z.array(NewsSentiment).describe('One a symbol; none: not judged yet') })
export type ScoredArticle = z.infer<typeof ScoredArticle>

export const NewsAnswer = z.strictObject({
  articles: z.array(ScoredArticle),
  daily: z.array(DailySentiment).describe('By symbol and day, in this order'),
  symbols: z.array(FeedSymbol).describe('That have news in these days'),
  from: Epoch.describe('Start of the first day'), to: Epoch.describe('End of the last day'),
  more: z.boolean().describe('There are older ones in these days'),
})
export type NewsAnswer = z.infer<typeof NewsAnswer>

/** The feed.yaml in force without its text. */
export const FeedFileSummary = FeedFileState.omit({ text: true })

/** A fetcher as it stands without its last runs: of a thousand fetchers these would be megabytes. */
export const FeedSummary = FeedState.omit({ recent: true })
export type FeedSummary = z.infer<typeof FeedSummary>

/** GET /api/feeds: every fetcher as it stands, by name. */
export const FeedsAnswer = z.strictObject({ feeds: z.array(FeedSummary), file: FeedFileSummary.nullable().describe('null: feed-fetcher has never run here') })
export type FeedsAnswer = z.infer<typeof FeedsAnswer>

/** GET /api/feed-states/{name}: one fetcher with its last runs. */
export const FeedParams = z.strictObject({ name: FeedName })

/** GET /api/feeds/file */
export const FeedFileAnswer = z.strictObject({ file: FeedFileState.nullable() })
export type FeedFileAnswer = z.infer<typeof FeedFileAnswer>

const [pause, resume, runNow, setFile, dryRun] = FeedCommand.options
const told = { request_id: true, timestamp: true } as const
/** POST /api/feeds/commands: a command; the server adds a request id and the time, and publishes it. */
export const FeedCommandRequest = z.discriminatedUnion('command', [pause.omit(told), resume.omit(told), runNow.omit(told), setFile.omit(told), dryRun.omit(told)])
export type FeedCommandRequest = z.infer<typeof FeedCommandRequest>
export const FeedCommandAccepted = z.strictObject({ request_id: z.string() })
export type FeedCommandAccepted = z.infer<typeof FeedCommandAccepted>

/** GET /api/feeds/answers/{id}: what became of a command, as far as that is known. */
export const FeedAnswerParams = z.strictObject({ id: z.string().min(1).max(100) })
export const FeedAnswerReply = z.strictObject({ answer: FeedAnswer.nullable().describe('null: not answered yet') })
export type FeedAnswerReply = z.infer<typeof FeedAnswerReply>
