import { createHash } from 'node:crypto'
import type { NewsArticle, Quote } from '@streamforge/contracts'

/** What a feed brought last, so that nothing is sent twice. */
export interface Known {
  /** By symbol: time and content of its newest quote. */
  readonly quotes: Readonly<Record<string, readonly [eventTime: number, content: string]>>
  /** By article id, oldest first: when it was published, and its content. */
  readonly articles: readonly (readonly [id: string, publishedAt: number, content: string])[]
}

export interface Kept {
  quotes: Quote[]
  articles: NewsArticle[]
  unchanged: number
  known: Known
}

export const nothingKnown: Known = { quotes: {}, articles: [] }

/** Feeds list fewer; what has left the list long ago does not come back. */
const mostArticles = 1_000

const digest = (parts: readonly unknown[]) => createHash('sha1').update(JSON.stringify(parts)).digest('base64').slice(0, 16)

/**
 * Tells what is new from what was here before. A quote is new when anything but its time differs from the newest of its symbol, unless it
 * is older; of history, whatever is newer than that, and what is before it too, for bars are not quotes: their keys keep them single.
 * An article is new by its id, and again when its text or symbols have changed; it keeps the time of publication that it had first.
 */
export function keepNew(known: Known, quotes: readonly Quote[], articles: readonly NewsArticle[]): Kept {
  const ofQuotes = keepQuotes(known.quotes, quotes)
  const ofArticles = keepArticles(known.articles, articles)
  return {
    quotes: ofQuotes.kept, articles: ofArticles.kept, unchanged: ofQuotes.unchanged + ofArticles.unchanged,
    known: { quotes: ofQuotes.known, articles: ofArticles.known },
  }
}

function keepQuotes(before: Known['quotes'], quotes: readonly Quote[]) {
  const known: Record<string, readonly [number, string]> = { ...before }
  const kept: Quote[] = []
  let unchanged = 0
  for (const quote of quotes) {
    if (quote.backfilled) {
      kept.push(quote)
      continue
    }
    const last = known[quote.symbol]
    const content = contentOf(quote)
    if (last && (quote.event_time < last[0] || content === last[1])) {
      unchanged++
      continue
    }
    known[quote.symbol] = [quote.event_time, content]
    kept.push(quote)
  }
  return { known, kept, unchanged }
}

function contentOf(quote: Quote): string {
  const { feed: _, source: __, asset: ___, symbol: ____, event_time: _____, known_time: ______, backfilled: _______, name: ________, ...values } = quote
  return digest(Object.entries(values).sort(([a], [b]) => a < b ? -1 : 1))
}

function keepArticles(before: Known['articles'], articles: readonly NewsArticle[]) {
  if (articles.length === 0) return { known: before, kept: [], unchanged: 0 }
  const known = new Map(before.map(([id, publishedAt, content]) => [id, [publishedAt, content] as const]))
  const kept: NewsArticle[] = []
  let unchanged = 0
  for (const article of articles) {
    const last = known.get(article.article_id)
    const content = digest([article.title, article.summary, article.symbols])
    // What is listed still stays young, so that the oldest are those that have left the list.
    known.delete(article.article_id)
    known.set(article.article_id, [last?.[0] ?? article.published_at, content])
    if (last?.[1] === content) unchanged++
    else kept.push(last ? { ...article, published_at: last[0], event_time: last[0] } : article)
  }
  return { known: [...known].slice(-mostArticles).map(([id, [publishedAt, content]]) => [id, publishedAt, content] as const), kept, unchanged }
}
