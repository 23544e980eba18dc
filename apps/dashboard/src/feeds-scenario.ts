import { tailMessages, type Bus, type Consumer } from '@streamforge/bus'
import {
  articleKey, catalog, dailySentimentKey, FeedAnswer, FeedFileState, FeedState, marketSymbol, newsSentimentKey, type DailySentiment, type FeedCommand, type FeedRun, type NewsArticle, type NewsSentiment,
} from '@streamforge/contracts'
import { seededRandom } from '@streamforge/models'
import type { Store } from '@streamforge/store'

/** What feed-fetcher and the judges of news leave in the store, made from the contracts: for tests of the pages that show it. */
const day = 86_400_000
const scorer = { scorer: 'lexicon', scorer_version: '1.0.0+afinn-165-financialmarketnews-3.0.0' }

const headlines = [
  ['Bitcoin rallies as funds report record inflows', 0.72], ['Exchange halts withdrawals after a breach', -0.81], ['Network upgrade is set for March', 0.05],
  ['Analysts raise their targets after strong results', 0.61], ['Regulator opens an inquiry into token listings', -0.44], ['Traders await the central bank’s word', 0],
] as const

function articlesUntil(now: number): { article: NewsArticle; score: number }[] {
  const random = seededRandom(5)
  // From the start of the first day that the page shows, at whatever hour this runs.
  const span = now - (Math.floor(now / day) * day - 14 * day) - 120_000
  return Array.from({ length: 60 }, (_, n) => {
    const [title, score] = headlines[n % headlines.length]!
    const publishedAt = now - Math.floor((n / 60) * span) - 60_000
    const symbols = [['BTCUSDT'], ['ETHUSDT'], ['BTCUSDT', 'ETHUSDT'], []][n % 4]!
    return {
      score: Math.max(-1, Math.min(1, score + 0.2 * (random() - 0.5))),
      article: {
        kind: 'article', feed: 'market-news', source: 'rss', article_id: n.toString(16).padStart(32, '0'), symbols, title: `${title} (${n + 1})`, summary: 'What happened, who said so, and what it may mean for those who hold it. The whole text is with its publisher.',
        url: `https://news.example/${n}`, publisher: n % 3 ? 'The Example' : 'Example Wire', published_at: publishedAt, event_time: publishedAt, known_time: publishedAt + 2_000, backfilled: false,
      } satisfies NewsArticle,
    }
  })
}

const labelOf = (score: number) => (score > 0.1 ? 'positive' as const : score < -0.1 ? 'negative' as const : 'neutral' as const)

/** Sixty articles over the last 15 days, judged but for the newest; each symbol's days. */
export async function storeNews(store: Store, now: number): Promise<void> {
  for (const name of ['news_articles', 'news_sentiment', 'daily_sentiment']) await store.ensureCollection(name)
  const told = articlesUntil(now)
  const sentiments = told.slice(1).flatMap(({ article, score }): NewsSentiment[] => (article.symbols.length ? article.symbols : [marketSymbol]).map((symbol) => ({
    kind: 'news_sentiment', article_id: article.article_id, feed: article.feed, symbol, score, label: labelOf(score), ...scorer, published_at: article.published_at, event_time: article.published_at, known_time: article.known_time + 50, backfilled: false,
  })))
  const daily = [...Map.groupBy(sentiments, (s) => `${s.symbol} ${new Date(s.published_at).toISOString().slice(0, 10)}`)].map(([name, of]): DailySentiment => {
    const [symbol, date] = name.split(' ') as [string, string]
    const count = (label: string) => of.filter((s) => s.label === label).length
    return {
      kind: 'daily_sentiment', symbol, day: date, articles: of.length, positive: count('positive'), neutral: count('neutral'), negative: count('negative'), mean: of.reduce((sum, s) => sum + s.score, 0) / of.length, scorers: [`${scorer.scorer}@${scorer.scorer_version}`],
      event_time: Date.parse(date) + day, known_time: Math.max(...of.map((s) => s.known_time)),
    }
  })
  await store.writeBatch('news_articles', told.map(({ article }) => ({ ...article, _key: articleKey(article) })))
  await store.writeBatch('news_sentiment', sentiments.map((s) => ({ ...s, _key: newsSentimentKey(s) })))
  await store.writeBatch('daily_sentiment', daily.map((d) => ({ ...d, _key: dailySentimentKey(d) })))
}

export const feedText = `feeds:
  - name: crypto-ticker
    interval: 10s
    parser: binance-ticker
    endpoint: https://exchange.example/api/v3/ticker/24hr?symbols={symbols}
    symbols: [BTCUSDT, ETHUSDT]
  - name: market-news
    interval: 5m
    parser: rss
    endpoint: https://news.example/feed.xml
  - name: us-stocks
    interval: 15m
    parser: yahoo-chart
    endpoint: https://quotes.example/v8/chart/{symbol}
    symbols: [AAPL, MSFT]
    timezone: America/New_York
    market_hours: {open: '09:30', close: '16:00'}
`

const run = (feed: string, started: number, changed: Partial<FeedRun> = {}): FeedRun => ({
  kind: 'feed_run', feed, feed_kind: 'crypto', parser: 'binance-ticker', host: 'exchange.example', trigger: 'schedule', outcome: 'ok', scheduled_at: started, started_at: started, duration_ms: 180, latency_ms: 120 + (started % 7) * 11,
  requests: 1, retries: 0, not_modified: 0, bytes: 1_834, records: 2, unchanged: 0, rejected: 0, faults: {}, event_time: started, known_time: started + 180, ...changed,
})

export function feedStates(now: number): FeedState[] {
  const totals = { runs: 8_640, failures: 3, requests: 8_645, retries: 5, not_modified: 0, bytes: 15_845_760, records: 17_120, unchanged: 160, rejected: 0, faults: { VENUE_RATE_LIMITED: 2 } }
  const failure = { code: 'VENUE_UNREACHABLE' as const, message: 'quotes.example did not answer within 10 s' }
  const ticker = Array.from({ length: 20 }, (_, n) => run('crypto-ticker', now - 4_000 - n * 10_007))
  const news = run('market-news', now - 90_000, { feed_kind: 'news', parser: 'rss', host: 'news.example', outcome: 'not_modified', requests: 1, not_modified: 1, records: 0, bytes: 212 })
  const failed = run('us-stocks', now - 400_000, { feed_kind: 'stock', parser: 'yahoo-chart', host: 'quotes.example', outcome: 'failed', duration_ms: 20_140, latency_ms: 10_002, requests: 4, retries: 2, records: 0, bytes: 0, faults: { VENUE_UNREACHABLE: 4 }, error: failure })
  return [
    {
      _key: 'crypto-ticker', name: 'crypto-ticker', entry: { name: 'crypto-ticker', interval: '10s', parser: 'binance-ticker', endpoint: 'https://exchange.example/api/v3/ticker/24hr?symbols={symbols}', symbols: ['BTCUSDT', 'ETHUSDT'] },
      kind: 'crypto', parser: 'binance-ticker', host: 'exchange.example', status: 'waiting', paused: false, last_run: ticker[0]!, last_success_at: now - 4_000, next_run_at: now + 6_000, consecutive_failures: 0, clock_skew_ms: -38, recent: ticker, totals, updated_at: now,
    },
    {
      _key: 'market-news', name: 'market-news', entry: { name: 'market-news', interval: '5m', parser: 'rss', endpoint: 'https://news.example/feed.xml' }, kind: 'news', parser: 'rss', host: 'news.example', status: 'paused', paused: true,
      last_run: news, last_success_at: now - 90_000, consecutive_failures: 0, recent: [news], totals: { ...totals, runs: 288, failures: 0, records: 411, bytes: 90_200, faults: {} }, updated_at: now,
    },
    {
      _key: 'us-stocks', name: 'us-stocks', entry: { name: 'us-stocks', interval: '15m', parser: 'yahoo-chart', endpoint: 'https://quotes.example/v8/chart/{symbol}', symbols: ['AAPL', 'MSFT'], timezone: 'America/New_York', market_hours: { days: ['mon', 'tue', 'wed', 'thu', 'fri'], open: '09:30', close: '16:00', holidays: [] } },
      kind: 'stock', parser: 'yahoo-chart', host: 'quotes.example', status: 'failing', paused: false, last_run: failed, next_run_at: now + 500_000, consecutive_failures: 2, last_error: { ...failure, at: now - 380_000 }, recent: [failed], totals: { ...totals, runs: 26, failures: 2, records: 48, bytes: 210_000, faults: { VENUE_UNREACHABLE: 8 } }, updated_at: now,
    },
  ].map((state) => FeedState.parse(state))
}

export async function storeFeeds(store: Store, now: number): Promise<void> {
  for (const name of ['feed_states', 'feed_files', 'feed_answers']) await store.ensureCollection(name)
  // feed-fetcher keeps more in these documents than it shows.
  await store.writeBatch('feed_states', feedStates(now).map((state) => ({ ...state, memory: { etag: 'its own' } })))
  await store.writeBatch('feed_files', [FeedFileState.parse({ _key: 'current', version: 4, text: feedText, source: 'control', feeds: 3, applied_at: now - 3_600_000 })])
}

export interface FeedAnswerer { readonly heard: FeedCommand[]; close(): Promise<void> }

/** Stands where feed-fetcher is: hears the commands, changes the documents as it does, and answers. */
export async function answerFeedCommands(bus: Bus, store: Store, now: () => number): Promise<FeedAnswerer> {
  const heard: FeedCommand[] = []
  const tail: Consumer = await tailMessages(bus, catalog['feed-control'], { from: 'latest' }, async ({ messages }) => {
    for (const { value } of messages) {
      heard.push(value)
      await store.writeBatch('feed_answers', [{ ...await carryOut(store, value, now()) }])
    }
  })
  return { heard, close: () => tail.close() }
}

async function carryOut(store: Store, command: FeedCommand, now: number): Promise<FeedAnswer> {
  const base = { _key: command.request_id, command: command.command, at: now }
  const change = async (name: string, to: Partial<FeedState>) => { await store.writeBatch('feed_states', [{ ...(await store.get('feed_states', name))!, ...to }]) }
  const problems = 'text' in command && command.text.includes('interval: often') ? [{ line: 3, column: 15, path: 'feeds.0.interval', message: 'expected a number and s, m, h or d, such as 30s or 5m' }] : []
  if (problems.length) return FeedAnswer.parse({ ...base, status: 'refused', problems, error: { code: 'BAD_CONFIG', message: '1 fault in feed.yaml' } })
  switch (command.command) {
    case 'pause': await change(command.feed, { paused: true, status: 'paused' }); break
    case 'resume': await change(command.feed, { paused: false, status: 'waiting', next_run_at: now + 60_000 }); break
    case 'run_now': await change(command.feed, { status: 'running' }); break
    case 'set_file': return setFile(store, command, base)
    case 'dry_run': return FeedAnswer.parse({ ...base, status: 'done', dry_run: { feed: command.feed ?? 'crypto-ticker', run: run('crypto-ticker', now, { trigger: 'manual' }), rejected: ['record 3 has no price'], records: [
      { kind: 'quote', symbol: 'BTCUSDT', price: 42_150.5, currency: 'USDT', volume: 1_200, event_time: now }, { kind: 'quote', symbol: 'ETHUSDT', price: 2_310.1, currency: 'USDT', volume: 9_300, event_time: now },
    ] } })
    default: command satisfies never
  }
  return FeedAnswer.parse({ ...base, status: 'done' })
}

async function setFile(store: Store, command: Extract<FeedCommand, { command: 'set_file' }>, base: { _key: string; command: string; at: number }): Promise<FeedAnswer> {
  const file = (await store.get('feed_files', 'current'))!
  if (file['version'] !== command.expected_version) return FeedAnswer.parse({ ...base, status: 'refused', error: { code: 'CONFLICT', message: `feed.yaml is at version ${String(file['version'])} meanwhile` } })
  const version = command.expected_version + 1
  await store.writeBatch('feed_files', [{ ...file, version, text: command.text }])
  return FeedAnswer.parse({ ...base, status: 'done', version })
}

/** As feed-fetcher does when it starts. */
export const createControlTopic = async (bus: Bus) => { await bus.admin.createTopic({ name: catalog['feed-control'].topic, partitions: 1 }) }
