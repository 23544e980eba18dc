import { z } from 'zod'
import { Epoch } from './epoch.ts'
import { errorCodes } from './errors.ts'
import { TimestampSeconds } from './queue-control.ts'

/** Prices on a schedule: what feed.yaml may say, what its fetchers send, what is known of them, and what they may be told. */

export const FeedName = z.string().regex(/^[a-z][a-z0-9-]{1,48}$/, 'expected lower-case letters, digits and dashes, such as yahoo-stocks')
/** An instrument of any market, as StreamForge spells it: BTCUSDT, AAPL, BRK.B, EURUSD. Every `Symbol` is one. */
export const FeedSymbol = z.string().regex(/^[A-Z0-9][A-Z0-9.=-]{0,23}$/, 'expected upper-case letters, digits, dots and dashes, such as AAPL or BRK.B')
  .describe('Instrument of any market, such as AAPL or BTCUSDT')

const durationUnits = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
/** Milliseconds of `30s`, `5m`, `1h` or `1d`. */
export const durationMs = (text: string): number => Number(text.slice(0, -1)) * durationUnits[text.slice(-1) as keyof typeof durationUnits]
const duration = (minimum: string, maximum: string) => z.string().regex(/^[1-9]\d{0,5}[smhd]$/, { error: 'expected a number and s, m, h or d, such as 30s or 5m', abort: true })
  .refine((text) => durationMs(text) >= durationMs(minimum) && durationMs(text) <= durationMs(maximum), `expected ${minimum} to ${maximum}`)

export const feedKinds = ['stock', 'crypto', 'forex', 'etf', 'news'] as const
export const FeedKind = z.enum(feedKinds)
export type FeedKind = z.infer<typeof FeedKind>

export const feedParsers = [
  'yahoo-chart', 'alpha-vantage', 'finnhub', 'stock-details', 'coincap', 'binance-ticker', 'newsapi', 'rss', 'posts',
] as const
export const FeedParser = z.enum(feedParsers)
export type FeedParser = z.infer<typeof FeedParser>

const TimeZone = z.string().refine(isTimeZone, 'expected a time zone of the IANA database, such as America/New_York')
const LocalTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, "expected a time of day such as '09:30', in quotes")
const Weekday = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== ''
  } catch {
    return false
  }
}

/** Our symbol, or ours and the source's own spelling of it. */
const SymbolEntry = z.union([FeedSymbol, z.strictObject({
  symbol: FeedSymbol,
  as: z.string().min(1).max(64).optional().describe('As the source spells it, such as EURUSD=X; absent: the same'),
  words: z.array(z.string().min(2).max(64)).max(20).optional().describe('Of news: an article that has one of these words is about the symbol'),
})], 'expected a symbol such as AAPL, or {symbol: EURUSD, as: "EURUSD=X"}')

/** Where a secret is; never the secret. */
const SecretReference = z.union([
  z.strictObject({ env: z.string().regex(/^FEED_SECRET_[A-Z0-9_]{1,64}$/, 'expected a variable whose name begins with FEED_SECRET_') }),
  z.strictObject({ file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected the name of a file in FEED_SECRETS_DIR') }),
], 'expected {env: FEED_SECRET_...} or {file: name}')

const FeedAuth = z.strictObject({
  secret: SecretReference,
  header: z.string().regex(/^[A-Za-z0-9-]{1,64}$/).optional().describe('Header that carries it'),
  prefix: z.string().max(16).optional().describe("Before it in the header, such as 'Bearer '"),
  query: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/).optional().describe('Query parameter that carries it'),
}).refine((auth) => (auth.header === undefined) !== (auth.query === undefined), 'expected either header or query, to say where the secret goes')

const MarketHours = z.strictObject({
  days: z.array(Weekday).min(1).default(['mon', 'tue', 'wed', 'thu', 'fri']),
  open: LocalTime, close: LocalTime,
  holidays: z.array(z.iso.date('expected a date such as 2024-12-25, in quotes')).max(400).default([]).describe('Days on which the market stays closed'),
}).refine((hours) => hours.open < hours.close, 'expected open before close; a market over midnight is two feeds')

/** One fetcher: an entry of feed.yaml. */
export const FeedEntry = z.strictObject({
  name: FeedName,
  interval: duration('1s', '31d').describe('From one fetch to the next: 30s, 5m, 1h, 1d'),
  endpoint: z.string().min(8).max(2_000).describe('Address, with {symbol} for one request a symbol, {symbols} for one a batch, {from} and {to} (seconds; {from_ms}, {to_ms}, {from_date}, {to_date})'),
  history: z.string().min(8).max(2_000).optional().describe('Address that has the past, with {from} and {to}: asked for what was missed while nothing ran'),
  kind: FeedKind.optional().describe("Absent: the parser's own"),
  symbols: z.array(SymbolEntry).max(2_000).optional(),
  parser: FeedParser.optional().describe("Absent: told from the endpoint's host"),
  auth: FeedAuth.optional(),
  rate_limit: z.strictObject({ requests: z.int().min(1).max(100_000), per: duration('1s', '1d') }).optional()
    .describe('Requests to the host of the endpoint; of several feeds of one host the strictest holds for all'),
  batch: z.int().min(1).max(500).optional().describe('Symbols a request, where the endpoint has {symbols}; absent: 50'),
  timezone: TimeZone.optional().describe('Of market_hours and of times without a zone; absent: UTC'),
  market_hours: MarketHours.optional().describe('Fetch only while the market is open; absent: always'),
  timeout: duration('1s', '5m').optional().describe('Of one request; absent: 10s'),
  max_bytes: z.int().min(1_000).max(100_000_000).optional().describe('Of one answer, after decompression; absent: 10000000'),
  paused: z.boolean().optional().describe('True: begins paused'),
})
export type FeedEntry = z.infer<typeof FeedEntry>

/** feed.yaml, read. */
export const FeedFile = z.strictObject({ feeds: z.array(FeedEntry).max(5_000) })
  .superRefine(({ feeds }, context) => {
    const seen = new Map<string, number>()
    feeds.forEach(({ name }, index) => {
      const first = seen.get(name)
      if (first === undefined) seen.set(name, index)
      else context.addIssue({ code: 'custom', path: ['feeds', index, 'name'], message: `'${name}' is the name of another feed, number ${first + 1}` })
    })
  })
export type FeedFile = z.infer<typeof FeedFile>

/** What is wrong in a feed.yaml, and where. */
export const FeedProblem = z.strictObject({
  line: z.int().positive(), column: z.int().positive(), path: z.string().describe('Such as feeds.0.interval; empty: the file itself'), message: z.string(),
})
export type FeedProblem = z.infer<typeof FeedProblem>

const Price = z.number().nonnegative()
/** What an instrument costs at a moment, from a source that is asked now and then. Amounts in `currency`; key: `quoteKey`. */
export const Quote = z.strictObject({
  kind: z.literal('quote'),
  feed: FeedName,
  source: FeedParser,
  asset: FeedKind.exclude(['news']),
  symbol: FeedSymbol,
  name: z.string().min(1).max(200).optional(),
  currency: z.string().regex(/^[A-Z]{3,6}$/).optional(),
  price: Price,
  bid: Price.optional(), ask: Price.optional(),
  open: Price.optional(), high: Price.optional(), low: Price.optional(), previous_close: Price.optional(),
  percent_change: z.number().optional().describe('Against the previous close, or over 24 hours for markets that never close'),
  volume: Price.optional().describe('Units traded, in the session, the last 24 hours, or the bar'),
  bar_ms: z.int().positive().optional().describe('Of history: the price is the close of a bar so long; open to volume are its own'),
  event_time: Epoch.describe('Of the price, by the source; the time of receipt where it tells none'),
  known_time: Epoch.describe('When its answer was here'),
  backfilled: z.boolean().describe('True: fetched afterwards, from history'),
})
export type Quote = z.infer<typeof Quote>
/** `yahoo-stocks_AAPL_quote_1722470400000`: quotes of one feed and symbol sort in time. */
export const quoteKey = (quote: Pick<Quote, 'feed' | 'symbol' | 'event_time'>) => `${quote.feed}_${quote.symbol}_quote_${quote.event_time}`
export const quoteKeyRange = (feed: string, symbol: string, range: { from: number; to: number }) =>
  ({ from: `${feed}_${symbol}_quote_${range.from}`, to: `${feed}_${symbol}_quote_${range.to}` })

/** What a fetch of stocks brought, in the form in which programs outside read it. */
export const StockDetails = z.strictObject({
  stock: z.array(z.strictObject({
    name: z.string().min(1),
    price: z.strictObject({ currency: z.string().regex(/^[A-Z]{3,6}$/), amount: Price }),
    percent_change: z.number(),
    volume: Price,
    symbol: FeedSymbol,
  })).min(1),
  as_of: z.iso.datetime({ offset: true }).describe("Of the newest of them, in the market's time zone"),
})
export type StockDetails = z.infer<typeof StockDetails>

export const FeedTrigger = z.enum(['schedule', 'manual', 'catch_up', 'once'])
export type FeedTrigger = z.infer<typeof FeedTrigger>
export const FeedOutcome = z.enum(['ok', 'not_modified', 'failed'])
export type FeedOutcome = z.infer<typeof FeedOutcome>
const FeedFailure = z.strictObject({ code: z.enum(errorCodes), message: z.string() })

/** One run of a fetcher: what it asked, what came, how long it took. */
export const FeedRun = z.strictObject({
  kind: z.literal('feed_run'),
  feed: FeedName,
  feed_kind: FeedKind,
  parser: FeedParser,
  host: z.string(),
  trigger: FeedTrigger,
  outcome: FeedOutcome.describe('not_modified: nothing new came; failed: at least one request failed for good, what the others brought is kept'),
  scheduled_at: Epoch,
  started_at: Epoch,
  duration_ms: z.int().nonnegative(),
  latency_ms: z.int().nonnegative().describe('Of its slowest request, until its last byte'),
  requests: z.int().nonnegative(), retries: z.int().nonnegative(), not_modified: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  records: z.int().nonnegative().describe('New ones, published'),
  unchanged: z.int().nonnegative().describe('Records that were known already'),
  rejected: z.int().nonnegative().describe('Records that the answer had and that could not be read'),
  refused: z.array(z.string().max(300)).max(5).optional().describe('The first of what was rejected, with its reason'),
  faults: z.record(z.string(), z.int().positive()).describe('How often what went wrong, by code; also where a retry helped'),
  error: FeedFailure.optional(),
  event_time: Epoch.describe('When it began'),
  known_time: Epoch.describe('When it ended'),
})
export type FeedRun = z.infer<typeof FeedRun>
export const feedRunKey = (run: Pick<FeedRun, 'feed' | 'started_at'>) => `${run.feed}_run_${run.started_at}`

/** How many of its last runs a feed's state has. */
export const recentFeedRuns = 20
const FeedTotals = z.strictObject({
  runs: z.int().nonnegative(), failures: z.int().nonnegative(), requests: z.int().nonnegative(), retries: z.int().nonnegative(),
  not_modified: z.int().nonnegative(), bytes: z.int().nonnegative(), records: z.int().nonnegative(), unchanged: z.int().nonnegative(),
  rejected: z.int().nonnegative(), faults: z.record(z.string(), z.int().positive()),
})
export type FeedTotals = z.infer<typeof FeedTotals>

/**
 * A fetcher as it stands, in the collection `feed_states`. feed-fetcher alone writes it. The document has a further field, `memory`
 * (validators, last values, records under way), which is feed-fetcher's own.
 */
export const FeedState = z.strictObject({
  _key: FeedName, name: FeedName,
  entry: FeedEntry.describe('As feed.yaml has it'),
  kind: FeedKind, parser: FeedParser, host: z.string(),
  status: z.enum(['waiting', 'running', 'closed', 'paused', 'failing', 'removed']).describe('closed: its market is; failing: its last run failed; removed: not in feed.yaml any more'),
  paused: z.boolean(),
  last_run: FeedRun.optional(),
  last_success_at: Epoch.optional(),
  next_run_at: Epoch.optional(),
  consecutive_failures: z.int().nonnegative(),
  last_error: FeedFailure.extend({ at: Epoch }).optional(),
  clock_skew_ms: z.int().optional().describe("The source's clock against ours, where its answers tell: positive, it is ahead"),
  recent: z.array(FeedRun).max(recentFeedRuns).describe('Newest first'),
  totals: FeedTotals,
  updated_at: Epoch,
})
export type FeedState = z.infer<typeof FeedState>

/** The feed.yaml in force, in the collection `feed_files` under the key `current`. */
export const FeedFileState = z.strictObject({
  _key: z.literal('current'),
  version: z.int().nonnegative().describe('Counts up; what is to replace it names the one it was made from'),
  text: z.string(),
  source: z.enum(['none', 'file', 'control']).describe('file: from FEED_FILE; control: from a command'),
  feeds: z.int().nonnegative(),
  applied_at: Epoch,
  refused: z.strictObject({
    source: z.enum(['file', 'control']), at: Epoch, problems: z.array(FeedProblem),
  }).optional().describe('A newer text that is not in force, because of these'),
  file_sha256: z.string().regex(/^[0-9a-f]{64}$/).optional().describe('Of the FEED_FILE that was read last'),
})
export type FeedFileState = z.infer<typeof FeedFileState>

const RequestId = z.string().regex(/^[A-Za-z0-9-]{8,64}$/).describe("The asker's own; the answer is the document `feed_answers/<request_id>`")
const feedFileText = z.string().max(500_000)
const command = { request_id: RequestId, timestamp: TimestampSeconds }
/** What a fetcher may be told, on the topic `feed-control`. Each is answered by a {@link FeedAnswer}. */
export const FeedCommand = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('pause'), feed: FeedName, ...command }),
  z.strictObject({ command: z.literal('resume'), feed: FeedName, ...command }),
  z.strictObject({ command: z.literal('run_now'), feed: FeedName, ...command }),
  z.strictObject({
    command: z.literal('set_file'), text: feedFileText, expected_version: z.int().nonnegative().describe('Of FeedFileState; another one was put there meanwhile: CONFLICT'), ...command,
  }),
  z.strictObject({
    command: z.literal('dry_run'), text: feedFileText, feed: FeedName.optional().describe('Absent: the first; nothing is published or remembered'), ...command,
  }),
])
export type FeedCommand = z.infer<typeof FeedCommand>

/** How many records a dry run shows. */
export const dryRunRecords = 20
/** What became of a command, in the collection `feed_answers` for a day. */
export const FeedAnswer = z.strictObject({
  _key: RequestId,
  command: z.enum(['pause', 'resume', 'run_now', 'set_file', 'dry_run']),
  status: z.enum(['done', 'refused']),
  at: Epoch,
  error: FeedFailure.optional(),
  problems: z.array(FeedProblem).optional().describe('Of set_file and dry_run: what is wrong in the text'),
  version: z.int().nonnegative().optional().describe('Of feed.yaml now, after set_file'),
  dry_run: z.strictObject({
    feed: FeedName, run: FeedRun, records: z.array(z.record(z.string(), z.unknown())).max(dryRunRecords).describe('Quotes or articles'),
    rejected: z.array(z.string()).max(20).describe('Why records of the answer were not read'),
  }).optional(),
})
export type FeedAnswer = z.infer<typeof FeedAnswer>
