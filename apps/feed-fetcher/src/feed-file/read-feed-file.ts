import { FeedFile, StreamForgeError, type FeedProblem } from '@streamforge/contracts'
import { type Document, isMap, isNode, isPair, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { type Feed, feedOf, type KnownAddresses } from './feed.ts'

export type ReadFeedFile = { ok: true; feeds: Feed[] } | { ok: false; problems: FeedProblem[] }

const mostProblems = 50

/** Reads the text of a feed.yaml: its feeds, or everything that is wrong with it, each with its place in the text. */
export function readFeedFile(text: string, addresses: KnownAddresses): ReadFeedFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const problem = (path: readonly PropertyKey[], message: string): FeedProblem =>
    ({ ...at(offsetOf(document, path)), path: path.map(String).join('.'), message })
  if (document.errors.length > 0) return refused(document.errors.map((error) => ({ ...at(error.pos[0]), path: '', message: error.message })))
  const content = contentOf(document)
  if (content instanceof Error) return refused([{ line: 1, column: 1, path: '', message: content.message }])
  const parsed = FeedFile.safeParse(content ?? { feeds: [] })
  if (!parsed.success) return refused(parsed.error.issues.flatMap(flatten).map(({ path, message }) => problem(path, message)))
  const feeds: Feed[] = []
  const problems: FeedProblem[] = []
  parsed.data.feeds.forEach((entry, index) => {
    try {
      feeds.push(feedOf(entry, addresses))
    } catch (error) {
      if (!(error instanceof StreamForgeError) || error.code !== 'FEED_FILE_INVALID') throw error
      problems.push(problem(['feeds', index, String(error.details.field)], error.message))
    }
  })
  return problems.length > 0 ? refused(problems) : { ok: true, feeds }
}

const refused = (problems: FeedProblem[]): ReadFeedFile => ({ ok: false, problems: problems.slice(0, mostProblems) })

/** Aliases that multiply without end are no content. */
function contentOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 })
  } catch (error) {
    return error as Error
  }
}

interface Found {
  path: readonly PropertyKey[]
  message: string
}

/** Of a union, what the alternative that came furthest says; unknown keys one by one, since each has its own place. */
function flatten(issue: z.core.$ZodIssue): Found[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...issue.path, key], message: `'${key}' is not known here` }))
  if (issue.code !== 'invalid_union') return [{ path: issue.path, message: issue.message }]
  const deeper = issue.errors.flat().filter((inner) => inner.path.length > 0)
  return deeper.length > 0 ? deeper.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] })) : [{ path: issue.path, message: issue.message }]
}

/** Where the value at a path begins, or, where there is none, what is nearest above it. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const part = path.slice(0, length)
    // A key that should not be there is shown itself.
    const parent = length > 0 ? document.getIn(part.slice(0, -1), true) : undefined
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isNode(item.key) && String(item.key) === String(part.at(-1)))
      if (pair && isNode(pair.key) && pair.key.range) return (isNode(pair.value) && pair.value.range && length === path.length ? pair.value : pair.key).range![0]
    }
    const node = length === 0 ? document.contents : document.getIn(part, true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}
