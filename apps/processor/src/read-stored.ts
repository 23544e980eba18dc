import {
  bookKeyRange, candleKeyRange, MAX_EPOCH_MS, StreamForgeError, tradeKeyRange, type BookTicker, type Candle, type CoverageCertificate, type Interval,
  type Trade,
} from '@streamforge/contracts'
import { disorderMs, type ArticleSentiment, type FeatureState } from '@streamforge/market'
import type { KeyRange, Store, StoredDocument } from '@streamforge/store'
import { isLive, type StreamSource, type SymbolSources } from './plan-sources.ts'
import { mergeSorted } from './merge-sorted.ts'
import { readNews } from './read-news.ts'

export type MarketInput = Candle | Trade | BookTicker
export type StoredInput = MarketInput | ArticleSentiment

interface ReadOptions {
  interval: Interval
  range: { from: number; to: number }
}

/** Once a stream is so far past the end of the range, none of its records belongs to a bar within. */
const pastTheEndMs = 2 * disorderMs

/** What the store holds of a symbol that `state` has not seen, in the order of event times; candles first of equals. */
export async function* readStored(store: Store, sources: SymbolSources, state: FeatureState, options: ReadOptions): AsyncGenerator<readonly StoredInput[]> {
  const { symbol, candles, trades, quotes } = sources
  const { interval, range } = options
  const streams: AsyncIterable<readonly StoredInput[]>[] = [readCandles(store, symbol, candles, {
    interval, range: { from: Math.max(range.from, state.candle + 1), to: Math.min(range.to, MAX_EPOCH_MS) },
  })]
  if (trades) streams.push(within(range, readTrades(store, symbol, trades, state.trades.last + 1)))
  if (quotes) streams.push(within(range, readQuotes(store, symbol, quotes, state.quotes.last + 1)))
  streams.push(upTo(range.to, readNews(store, symbol)))
  yield* mergeSorted(streams, (a, b) => a.event_time < b.event_time)
}

async function* readCandles(store: Store, symbol: string, source: StreamSource, { interval, range }: ReadOptions): AsyncGenerator<Candle[]> {
  // Keys sort as text: those of instants before the 13th digit would stand among later ones.
  const keys = candleKeyRange(symbol, interval, { from: Math.max(range.from, 1_000_000_000_000), to: range.to })
  for await (const batch of scanAll<Candle>(store, source.collections, keys)) {
    yield batch.filter((candle) => candle.kind === 'candle' && candle.interval === interval)
  }
}

async function* readTrades(store: Store, symbol: string, source: StreamSource, after: number): AsyncGenerator<Trade[]> {
  const ids = await certifiedIds(store, source)
  const keys = tradeKeyRange(symbol, Math.max(after, ids.first), ids.last)
  for await (const batch of scanAll<Trade>(store, source.collections, keys)) yield batch.filter((trade) => trade.kind === 'trade')
}

async function* readQuotes(store: Store, symbol: string, source: StreamSource, after: number): AsyncGenerator<BookTicker[]> {
  const keys = bookKeyRange(symbol, 'spot', after)
  for await (const batch of scanAll<BookTicker>(store, source.collections, keys)) yield batch.filter((record) => record.kind === 'book_ticker')
}

/** Ids that the certificates of all inputs vouch for; live data goes on after them. A collection may hold trades of other ranges too. */
async function certifiedIds(store: Store, { inputs }: StreamSource): Promise<{ first: number; last?: number }> {
  let first = Infinity
  let last: number | undefined = 0
  for (const input of inputs) {
    const certificate = await store.get<CoverageCertificate & StoredDocument>('coverage', input.queue_id).catch(undefinedIfMissing)
    if (certificate?.first_trade_id === undefined) return { first: 0 }
    first = Math.min(first, certificate.first_trade_id)
    if (isLive(input) || certificate.last_trade_id === undefined) last = undefined
    else if (last !== undefined) last = Math.max(last, certificate.last_trade_id)
  }
  return last === undefined ? { first } : { first, last }
}

/** The records of a range; ends once the stream is past its end. */
async function* within<T extends MarketInput>({ from, to }: ReadOptions['range'], stream: AsyncIterable<T[]>): AsyncGenerator<T[]> {
  for await (const batch of stream) {
    const end = batch.findIndex((record) => record.event_time >= to + pastTheEndMs)
    yield (end < 0 ? batch : batch.slice(0, end + 1)).filter((record) => record.event_time >= from)
    if (end >= 0) return
  }
}

/** Articles that were published before the range ended; later ones were known later still. */
async function* upTo(end: number, articles: AsyncIterable<ArticleSentiment[]>): AsyncGenerator<ArticleSentiment[]> {
  for await (const batch of articles) {
    const before = batch.filter(({ event_time }) => event_time < end)
    yield before
    if (before.length < batch.length) return
  }
}

/** Several collections as one, in the order of keys. One that nobody has made yet is empty. */
function scanAll<T>(store: Store, collections: readonly string[], keys: KeyRange): AsyncIterable<readonly (T & StoredDocument)[]> {
  const scans = collections.map((collection) => orEmpty(store.scan<T & StoredDocument>(collection, keys)))
  return mergeSorted(scans, (a, b) => a._key < b._key)
}

async function* orEmpty<T>(scan: AsyncIterable<T[]>): AsyncGenerator<T[]> {
  try {
    yield* scan
  } catch (error) {
    undefinedIfMissing(error)
  }
}

function undefinedIfMissing(error: unknown): undefined {
  if (error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND') return undefined
  throw error
}
