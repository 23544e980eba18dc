import type { FeedKind, FeedParser } from '@streamforge/contracts'

/** What a source says of an instrument. Symbols are in the source's spelling; times in milliseconds UTC. */
export interface QuoteFacts {
  type: 'quote'
  symbol: string
  price: number
  /** Undefined: the source does not say of when the price is. */
  time: number | undefined
  name?: string | undefined
  currency?: string | undefined
  bid?: number | undefined
  ask?: number | undefined
  open?: number | undefined
  high?: number | undefined
  low?: number | undefined
  previous_close?: number | undefined
  percent_change?: number | undefined
  volume?: number | undefined
  bar_ms?: number | undefined
}

/** What a source says of an article or post. */
export interface ArticleFacts {
  type: 'article'
  /** What makes it the same article: its address, or the source's own name for it. */
  id: string
  /** That the source itself says it is about, in its spelling. */
  symbols: readonly string[]
  title: string
  summary?: string | undefined
  url?: string | undefined
  publisher?: string | undefined
  author?: string | undefined
  language?: string | undefined
  /** Undefined: the source does not say. */
  published: number | undefined
}

export type Facts = QuoteFacts | ArticleFacts

export interface ParseContext {
  /** Spellings of the symbols that were asked for. */
  readonly asked: readonly string[]
  /** Zone of times that come without one. */
  readonly timezone: string
  readonly receivedAt: number
  /** True: the past was asked for, and all of it is wanted; false: only what is newest. */
  readonly history: boolean
}

export interface Parsed {
  readonly facts: readonly Facts[]
  /** Why parts of the answer could not be read. */
  readonly rejected: readonly string[]
}

export interface Parser {
  readonly name: FeedParser
  /** The first is what a feed of this parser is, unless it says otherwise. */
  readonly kinds: readonly FeedKind[]
  readonly accepts: 'json' | 'xml' | 'text'
  /** Hosts whose answers it reads when feed.yaml names no parser. */
  readonly hosts: RegExp | undefined
  /** How several symbols stand in an address; default: joined by commas. */
  readonly join?: (symbols: readonly string[]) => string
  /** True: all that it ever reads is of the past. */
  readonly backfilled?: boolean
  /**
   * Reads an answer. Pure.
   * @throws StreamForgeError FEED_BAD_ANSWER when nothing can be made of it; FEED_REJECTED or FEED_RATE_LIMITED when it says that it refuses
   */
  readonly parse: (text: string, context: ParseContext) => Parsed
}
