import { type FeedRun, type FeedTrigger, type Quote, StockDetails } from '@streamforge/contracts'
import type { Feed } from '../feed-file/feed.ts'
import { formatInZone } from '../schedule/zone-time.ts'
import type { Collected } from './collect.ts'
import type { Kept } from './keep-new.ts'

export interface RunTimes {
  readonly trigger: FeedTrigger
  readonly scheduledAt: number
  readonly startedAt: number
  readonly endedAt: number
}

export function composeRun(feed: Feed, collected: Collected, kept: Pick<Kept, 'quotes' | 'articles' | 'unchanged'>, times: RunTimes): FeedRun {
  const records = kept.quotes.length + kept.articles.length
  const { error } = collected
  return {
    kind: 'feed_run', feed: feed.name, feed_kind: feed.kind, parser: feed.parser, host: feed.host, trigger: times.trigger,
    outcome: error ? 'failed' : records === 0 ? 'not_modified' : 'ok',
    scheduled_at: Math.floor(times.scheduledAt), started_at: Math.floor(times.startedAt), duration_ms: Math.max(0, Math.round(times.endedAt - times.startedAt)),
    latency_ms: collected.latencyMs, requests: collected.requests, retries: collected.retries, not_modified: collected.notModified, bytes: collected.bytes,
    records, unchanged: kept.unchanged, rejected: collected.rejected.length,
    ...(collected.rejected.length > 0 && { refused: collected.rejected.slice(0, 5).map((reason) => reason.slice(0, 300)) }), faults: collected.faults,
    ...(error && { error: { code: error.code, message: error.message.slice(0, 1_000) } }),
    event_time: Math.floor(times.startedAt), known_time: Math.max(Math.floor(times.endedAt), Math.floor(times.startedAt)),
  }
}

/** What a fetch of stocks brought, as programs outside read it; of those of which all that the form has is known. */
export function stockDetailsOf(feed: Feed, quotes: readonly Quote[]): StockDetails | undefined {
  if (feed.kind !== 'stock' && feed.kind !== 'etf') return undefined
  const whole = quotes.flatMap((q) => q.backfilled || q.currency === undefined || q.percent_change === undefined || q.volume === undefined ? [] : [{
    time: q.event_time,
    stock: { name: q.name ?? q.symbol, price: { currency: q.currency, amount: q.price }, percent_change: q.percent_change, volume: q.volume, symbol: q.symbol },
  }])
  if (whole.length === 0) return undefined
  return { stock: whole.map((w) => w.stock), as_of: formatInZone(feed.timezone, Math.max(...whole.map((w) => w.time))) }
}
