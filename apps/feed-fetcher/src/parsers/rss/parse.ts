import { StreamForgeError } from '@streamforge/contracts'
import { XMLParser } from 'fast-xml-parser'
import type { ArticleFacts, Parsed, Parser } from '../parser.ts'
import { plainText } from '../plain-text.ts'

type Node = Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): unknown[] => Array.isArray(value) ? value : value === undefined || value === '' ? [] : [value]

function readXml(text: string): Node {
  // Entities are decoded once, by plainText; a document's own definitions are not wanted.
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', parseTagValue: false, parseAttributeValue: false, processEntities: false, trimValues: true })
  try {
    return parser.parse(text, true) as Node
  } catch (cause) {
    throw new StreamForgeError('FEED_BAD_ANSWER', 'the answer is not well-formed XML', { cause })
  }
}

function parse(text: string): Parsed {
  const root = readXml(text)
  const channel = isNode(root.rss) ? root.rss.channel : undefined
  if (isNode(channel)) return articles(listOf(channel.item), (item) => rssArticle(item, channel))
  if (isNode(root.feed)) return articles(listOf(root.feed.entry), (entry) => atomArticle(entry, root.feed as Node))
  const rdf = root['rdf:RDF']
  if (isNode(rdf)) return articles(listOf(rdf.item), (item) => rssArticle(item, isNode(rdf.channel) ? rdf.channel : {}))
  throw new StreamForgeError('FEED_BAD_ANSWER', 'the answer is neither RSS, Atom nor RDF')
}

function articles(items: unknown[], read: (item: Node) => ArticleFacts | undefined): Parsed {
  const facts: ArticleFacts[] = []
  const rejected: string[] = []
  items.forEach((item, i) => {
    const article = isNode(item) ? read(item) : undefined
    if (article) facts.push(article)
    else rejected.push(`item ${i}: no title, or nothing that names it`)
  })
  return { facts, rejected }
}

/** Text of an element, whether it has attributes or not; of several, the first. */
function textOf(value: unknown): string {
  const first = listOf(value)[0]
  if (isNode(first)) return textOf(first['#text'] ?? first.div)
  return typeof first === 'string' ? plainText(plainText(first)) : ''
}

function timeOf(...values: unknown[]): number | undefined {
  for (const value of values) {
    const time = Date.parse(textOf(value))
    if (!Number.isNaN(time)) return time
  }
  return undefined
}

const orNothing = (text: string) => text === '' ? undefined : text

function rssArticle(item: Node, channel: Node): ArticleFacts | undefined {
  const url = textOf(item.link) || textOf(item['@rdf:about'])
  const id = url || textOf(item.guid)
  const title = textOf(item.title) || textOf(item.description).slice(0, 200)
  if (id === '' || title === '') return undefined
  return {
    type: 'article', id, symbols: [], title, url: orNothing(url), summary: orNothing(textOf(item.description) || textOf(item['content:encoded'])),
    publisher: orNothing(textOf(item.source) || textOf(channel.title)), author: orNothing(textOf(item['dc:creator']) || textOf(item.author)),
    language: orNothing(textOf(channel.language)), published: timeOf(item.pubDate, item['dc:date']),
  }
}

function atomArticle(entry: Node, feed: Node): ArticleFacts | undefined {
  const links = listOf(entry.link).filter(isNode)
  const url = textOf((links.find((link) => (link['@rel'] ?? 'alternate') === 'alternate') ?? links[0])?.['@href'])
  const id = url || textOf(entry.id)
  const title = textOf(entry.title)
  if (id === '' || title === '') return undefined
  const author = listOf(entry.author)[0]
  return {
    type: 'article', id, symbols: [], title, url: orNothing(url), summary: orNothing(textOf(entry.summary) || textOf(entry.content)),
    publisher: orNothing(textOf(feed.title)), author: isNode(author) ? orNothing(textOf(author.name)) : undefined,
    language: orNothing(textOf(feed['@xml:lang'])), published: timeOf(entry.published, entry.updated),
  }
}

/** RSS 0.9 to 2.0, RDF and Atom. */
export const rss: Parser = { name: 'rss', kinds: ['news'], accepts: 'xml', hosts: undefined, parse }
