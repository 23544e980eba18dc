import { createHash } from 'node:crypto'
import { FeedSymbol, MIN_EPOCH_MS, NewsArticle, Quote } from '@streamforge/contracts'
import type { Feed, FeedInstrument } from '../feed-file/feed.ts'
import { parserOf } from '../parsers/index.ts'
import type { ArticleFacts, Facts, QuoteFacts } from '../parsers/parser.ts'

export interface CompletedRecords {
  quotes: Quote[]
  articles: NewsArticle[]
  rejected: string[]
  /** Rejected since they are of the future. */
  ahead: number
}

export interface Receipt {
  /** Of the request. */
  readonly instruments: readonly FeedInstrument[]
  /** When its answer was here. */
  readonly receivedAt: number
  readonly history: boolean
  /** What its parser could not read, each beginning with the symbol as the source spells it. */
  readonly rejected: readonly string[]
}

/** Sources whose clocks are so much ahead still count. */
const toleratedAheadMs = 60_000

/** Makes records of what a parser read: our spelling of symbols, times, ids; what does not fit the contract is rejected with its reason. */
export function completeRecords(feed: Feed, facts: readonly Facts[], receipt: Receipt): CompletedRecords {
  const completed: CompletedRecords = { quotes: [], articles: [], rejected: [], ahead: 0 }
  const spellings = new Map(receipt.instruments.flatMap((i) => [[i.symbol, i.symbol], [i.as, i.symbol]]))
  const news = feed.kind === 'news'
  for (const fact of facts) {
    if ((fact.type === 'article') !== news) completed.rejected.push(`${fact.type === 'article' ? 'an article' : 'a quote'} from a feed of the kind ${feed.kind}`)
    else if (fact.type === 'article') addArticle(feed, fact, receipt, spellings, completed)
    else addQuote(feed, fact, receipt, spellings, completed)
  }
  if (!news && !receipt.history) {
    const seen = new Set(completed.quotes.map((q) => q.symbol))
    const told = [...receipt.rejected, ...completed.rejected]
    const missing = receipt.instruments.filter(({ symbol, as }) => !seen.has(symbol) && !told.some((r) => r.startsWith(`${symbol}:`) || r.startsWith(`${as}:`)))
    for (const { symbol } of missing) completed.rejected.push(`${symbol}: the answer has nothing of it`)
  }
  return completed
}

/** Our spelling; of a feed that names no symbols any that fits. Undefined: not one of the feed's. */
function symbolOf(spelling: string, spellings: ReadonlyMap<string, string>): string | undefined {
  if (spellings.size > 0) return spellings.get(spelling)
  const upper = spelling.toUpperCase()
  return FeedSymbol.safeParse(upper).success ? upper : undefined
}

function addQuote(feed: Feed, facts: QuoteFacts, receipt: Receipt, spellings: ReadonlyMap<string, string>, completed: CompletedRecords): void {
  const symbol = symbolOf(facts.symbol, spellings)
  // A source may answer more than it was asked for.
  if (symbol === undefined) return
  const { type: _, symbol: __, time, ...values } = facts
  const event_time = Math.floor(time ?? receipt.receivedAt)
  if (event_time > receipt.receivedAt + toleratedAheadMs) {
    completed.rejected.push(`${symbol}: its time ${shownTime(event_time)} is ahead of this machine's clock`)
    completed.ahead++
    return
  }
  const backfilled = receipt.history && facts.bar_ms !== undefined
  const quote = Quote.safeParse(withoutHoles({
    kind: 'quote', feed: feed.name, source: feed.parser, asset: feed.kind, symbol, ...values, event_time, backfilled,
    // What is fetched afterwards could have been known when its bar ended.
    known_time: backfilled ? event_time : Math.max(receipt.receivedAt, event_time),
  }))
  if (quote.success) completed.quotes.push(quote.data)
  else completed.rejected.push(reason(symbol, quote.error.issues))
}

function addArticle(feed: Feed, facts: ArticleFacts, receipt: Receipt, spellings: ReadonlyMap<string, string>, completed: CompletedRecords): void {
  const { receivedAt } = receipt
  const { backfilled = false } = parserOf(feed.parser)
  const published_at = Math.min(Math.floor(facts.published ?? receivedAt), receivedAt)
  const url = facts.url !== undefined && URL.canParse(facts.url) && /^https?:/.test(facts.url) ? facts.url : undefined
  const language = facts.language !== undefined && /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/.test(facts.language) ? facts.language : undefined
  const article = NewsArticle.safeParse(withoutHoles({
    kind: 'article', feed: feed.name, source: feed.parser, article_id: articleId(facts.id), symbols: symbolsOf(facts, receipt.instruments, spellings, feed),
    title: facts.title.slice(0, 1_000), summary: facts.summary?.slice(0, 20_000), url, publisher: facts.publisher?.slice(0, 200), author: facts.author?.slice(0, 500), language,
    published_at: Math.max(published_at, MIN_EPOCH_MS), event_time: Math.max(published_at, MIN_EPOCH_MS), known_time: backfilled ? Math.max(published_at, MIN_EPOCH_MS) : receivedAt, backfilled,
  }))
  if (article.success) completed.articles.push(article.data)
  else completed.rejected.push(reason(facts.id.slice(0, 80), article.error.issues))
}

/** That the source says, that were asked for alone, and those whose words or cashtags stand in the text. */
function symbolsOf(facts: ArticleFacts, instruments: readonly FeedInstrument[], spellings: ReadonlyMap<string, string>, feed: Feed): string[] {
  const told = facts.symbols.flatMap((s) => symbolOf(s, spellings) ?? [])
  const askedAlone = feed.endpoint.includes('{symbol}') && instruments.length === 1 ? [instruments[0]!.symbol] : []
  const text = `${facts.title} ${facts.summary ?? ''}`
  const mentioned = instruments.filter(({ symbol, words }) => mentions(text, `$${symbol}`) || words.some((word) => mentions(text, word))).map((i) => i.symbol)
  return [...new Set([...told, ...askedAlone, ...mentioned])].sort().slice(0, 50)
}

function mentions(text: string, word: string): boolean {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(String.raw`(?<![\p{L}\p{N}_])${escaped}(?![\p{L}\p{N}_])`, 'iu').test(text)
}

const trackers = /^(utm_\w+|fbclid|gclid|cmpid|ref|src)$/i

/** The same for an address with and without fragment and trackers. */
export function articleId(id: string): string {
  return createHash('sha256').update(canonicalAddress(id)).digest('hex').slice(0, 32)
}

function canonicalAddress(id: string): string {
  if (!/^https?:/i.test(id) || !URL.canParse(id)) return id
  const url = new URL(id)
  url.hash = ''
  for (const name of [...url.searchParams.keys()]) if (trackers.test(name)) url.searchParams.delete(name)
  return url.href.replace(/^http:/, 'https:').replace(/\/$/, '')
}

const withoutHoles = (record: Record<string, unknown>) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))

const reason = (what: string, issues: readonly { path: PropertyKey[]; message: string }[]) =>
  `${what}: ${issues.slice(0, 2).map((i) => `${i.path.join('.')}: ${i.message}`).join('; ')}`

const shownTime = (ms: number) => Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms)
