import { createHash } from 'node:crypto'
import { StreamForgeError } from '@streamforge/contracts'
import { z } from 'zod'
import type { ArticleFacts, Parsed, Parser } from '../parser.ts'
import { readCsv } from './read-csv.ts'

const Line = z.looseObject({ ticker: z.string(), created_at: z.string().optional(), date: z.string(), text: z.string() })
const lastMomentOfDay = 86_400_000 - 1

/** Posts come by lines of JSON or as CSV; a line that cannot be read does not stop the others. */
function parse(text: string): Parsed {
  const facts: ArticleFacts[] = []
  const rejected: string[] = []
  const add = (row: number, article: ArticleFacts | undefined) => {
    if (article) facts.push(article)
    else rejected.push(`row ${row}: no ticker, date or text`)
  }
  if (text.trimStart().startsWith('{')) {
    text.split('\n').forEach((line, i) => {
      if (line.trim() !== '') add(i + 1, ofLine(line))
    })
  } else {
    const [header, ...rows] = readCsv(text)
    const column = (name: string) => header?.indexOf(name) ?? -1
    const [id, date, ticker, original] = [column('id'), column('date'), column('ticker'), column('original')]
    if (date < 0 || ticker < 0 || original < 0) throw new StreamForgeError('FEED_BAD_ANSWER', 'expected lines of JSON, or CSV with the columns date, ticker and original')
    rows.forEach((row, i) => add(i + 2, post({ ticker: row[ticker], date: row[date], text: row[original], id: id < 0 ? undefined : row[id] })))
  }
  return { facts, rejected }
}

function ofLine(line: string): ArticleFacts | undefined {
  try {
    const parsed = Line.safeParse(JSON.parse(line))
    return parsed.success ? post({ ...parsed.data, createdAt: parsed.data.created_at }) : undefined
  } catch {
    return undefined
  }
}

function post({ ticker, date, createdAt, text, id }: {
  ticker: string | undefined; date: string | undefined; createdAt?: string | undefined; text: string | undefined; id?: string | undefined
}): ArticleFacts | undefined {
  const title = text?.replace(/\s+/g, ' ').trim()
  // Of a day without a time the whole day must be over before anyone may be said to have known the post.
  const published = createdAt !== undefined ? Date.parse(createdAt) : Date.parse(`${date}T00:00:00Z`) + lastMomentOfDay
  if (!ticker || !title || Number.isNaN(published)) return undefined
  const named = id ? `post:${date}:${ticker}:${id}` : `post:${createHash('sha256').update(`${ticker}\n${published}\n${title}`).digest('hex')}`
  return { type: 'article', id: named, symbols: [ticker.toUpperCase()], title: title.slice(0, 1_000), published, publisher: 'posts' }
}

/** Collections of posts in files: lines of JSON (`ticker`, `date`, `created_at`, `text`) or CSV (`date`, `ticker`, `original`, `id`). */
export const posts: Parser = { name: 'posts', kinds: ['news'], accepts: 'text', hosts: /^file$/, backfilled: true, parse }
