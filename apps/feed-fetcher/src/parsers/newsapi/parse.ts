import { StreamForgeError } from '@streamforge/contracts'
import { z } from 'zod'
import type { ArticleFacts, Parsed, Parser } from '../parser.ts'
import { plainText } from '../plain-text.ts'
import { readJson, readShape } from '../read-json.ts'

const Article = z.looseObject({
  source: z.looseObject({ name: z.string().nullish() }).nullish(), author: z.string().nullish(), title: z.string().nullish(), description: z.string().nullish(),
  url: z.string().nullish(), publishedAt: z.string().nullish(), content: z.string().nullish(),
})
const Answer = z.looseObject({ status: z.string(), code: z.string().optional(), message: z.string().optional(), articles: z.array(Article).optional() })

function parse(text: string): Parsed {
  const { status, code, message, articles = [] } = readShape(Answer, readJson(text))
  if (status !== 'ok') {
    throw new StreamForgeError(code === 'rateLimited' ? 'FEED_RATE_LIMITED' : 'FEED_REJECTED', `NewsAPI: ${code ?? status}: ${message ?? ''}`.slice(0, 300))
  }
  const rejected: string[] = []
  const facts = articles.flatMap((article, i): ArticleFacts[] => {
    const title = plainText(article.title ?? '')
    // What its publisher took back stays in the list under this name.
    if (title === '' || title === '[Removed]' || !article.url) {
      rejected.push(`article ${i}: no title or address`)
      return []
    }
    const published = Date.parse(article.publishedAt ?? '')
    return [{
      type: 'article', id: article.url, symbols: [], title, url: article.url, summary: plainText(article.description ?? article.content ?? '') || undefined,
      publisher: article.source?.name ?? undefined, author: article.author ?? undefined, published: Number.isNaN(published) ? undefined : published,
    }]
  })
  return { facts, rejected }
}

/** NewsAPI's `/v2/everything` and `/v2/top-headlines`. */
export const newsapi: Parser = { name: 'newsapi', kinds: ['news'], accepts: 'json', hosts: /(^|\.)newsapi\.org$/, parse }
