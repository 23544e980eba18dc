import { durationMs, StreamForgeError, type FeedEntry, type FeedKind, type FeedParser } from '@streamforge/contracts'
import { parserForHost, parserOf } from '../parsers/index.ts'
import type { WeeklyHours } from '../schedule/market-hours.ts'

/** One instrument of a feed: our symbol, the source's spelling, and words by which news tell that they are about it. */
export interface FeedInstrument {
  readonly symbol: string
  readonly as: string
  readonly words: readonly string[]
}

/** An entry of feed.yaml with everything that it leaves open filled in. */
export interface Feed {
  readonly entry: FeedEntry
  readonly name: string
  readonly kind: FeedKind
  readonly parser: FeedParser
  readonly endpoint: string
  readonly history: string | undefined
  /** Host and port of the endpoint, as rate limits and rules name it; `file` for files. */
  readonly host: string
  readonly intervalMs: number
  readonly instruments: readonly FeedInstrument[]
  readonly batch: number
  readonly timezone: string
  readonly hours: WeeklyHours | undefined
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly rate: { readonly requests: number; readonly perMs: number } | undefined
}

/** Where `binance:` leads, which is another place on a laptop without a network. */
export interface KnownAddresses {
  readonly binance: string
}

const defaultTimeoutMs = 10_000
const defaultMaxBytes = 10_000_000
const defaultBatch = 50
const dayMs = 86_400_000

/**
 * Fills in what an entry leaves open.
 * @throws StreamForgeError FEED_FILE_INVALID, with the field in `details.field`, for what its schema cannot tell
 */
export function feedOf(entry: FeedEntry, addresses: KnownAddresses): Feed {
  const endpoint = expand(entry.endpoint, addresses)
  const host = hostOf(endpoint, 'endpoint')
  const parser = entry.parser ?? (entry.endpoint.startsWith('binance:') ? 'binance-ticker' : parserForHost(host))
  if (!parser) throw invalid('endpoint', `'${host}' is no source known here: name the parser`)
  const history = entry.history === undefined ? undefined : expand(entry.history, addresses)
  if (history !== undefined) checkHistory(history, host)
  const intervalMs = durationMs(entry.interval)
  if (entry.market_hours && intervalMs > dayMs) throw invalid('interval', 'expected at most 1d together with market_hours')
  const instruments = (entry.symbols ?? []).map((s) => typeof s === 'string' ? { symbol: s, as: s, words: [] } : { symbol: s.symbol, as: s.as ?? s.symbol, words: s.words ?? [] })
  if (instruments.length === 0 && /\{symbols?\}/.test(endpoint + (history ?? ''))) throw invalid('symbols', 'expected symbols, since the address asks for them')
  checkTwice(instruments)
  const timezone = entry.timezone ?? 'UTC'
  return {
    entry, name: entry.name, kind: kindOf(entry, parser), parser, endpoint, history, host, intervalMs, instruments, timezone,
    batch: entry.batch ?? defaultBatch,
    hours: entry.market_hours && { ...entry.market_hours, timezone },
    timeoutMs: entry.timeout === undefined ? defaultTimeoutMs : durationMs(entry.timeout),
    maxBytes: entry.max_bytes ?? defaultMaxBytes,
    rate: entry.rate_limit && { requests: entry.rate_limit.requests, perMs: durationMs(entry.rate_limit.per) },
  }
}

const expand = (address: string, { binance }: KnownAddresses) =>
  address.startsWith('binance:/') ? binance.replace(/\/$/, '') + address.slice('binance:'.length) : address

function hostOf(address: string, field: string): string {
  if (address.startsWith('file:')) return 'file'
  let url: URL
  try {
    // Placeholders belong into path and query; in the host they would let a symbol choose it.
    url = new URL(address)
  } catch {
    throw invalid(field, 'expected an address such as https://example.com/path, file:name, or binance:/path')
  }
  if (/[{}]|%7b/i.test(url.host)) throw invalid(field, 'expected {symbol} and the like in path or query, not in the host')
  return url.host
}

function checkHistory(history: string, host: string): void {
  if (!/\{from(_ms|_date)?\}/.test(history)) throw invalid('history', 'expected {from}, {from_ms} or {from_date} in it')
  // The secret of the feed is meant for one host.
  if (hostOf(history, 'history') !== host) throw invalid('history', `expected the endpoint's host ${host}`)
}

function kindOf(entry: FeedEntry, parser: FeedParser): FeedKind {
  const { kinds } = parserOf(parser)
  if (entry.kind === undefined) return kinds[0]!
  if (kinds.includes(entry.kind)) return entry.kind
  throw invalid('kind', `expected ${kinds.join(' or ')} with the parser ${parser}`)
}

function checkTwice(instruments: readonly FeedInstrument[]): void {
  const seen = new Set<string>()
  for (const { symbol } of instruments) {
    if (seen.has(symbol)) throw invalid('symbols', `'${symbol}' is there twice`)
    seen.add(symbol)
  }
}

const invalid = (field: string, message: string) => new StreamForgeError('FEED_FILE_INVALID', message, { details: { field } })
