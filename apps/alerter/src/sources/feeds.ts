import type { Bus } from '@streamforge/bus'
import { catalog, durationMs, type FeedEntry, type FeedState, type Quote } from '@streamforge/contracts'
import { monitorSeries, openMsBetween, type OpeningHours, type Reading, type SeriesMonitor } from '@streamforge/market'
import type { Store } from '@streamforge/store'
import type { Logger } from 'pino'
import { findOrNone } from './find-or-none.ts'
import { followTopic, type FollowedTopic } from './follow-topic.ts'
import type { Source } from './source.ts'

const minute = 60_000
/** Free sources tell prices a quarter of an hour late: that alone is not stale. */
const quoteDelayMs = 20 * minute
/** So many series of quotes are watched; each takes about 2 kB. */
const mostSeries = 10_000
const lookBack = 2_000
const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** What is known of one fetcher: what feed.yaml says, and how its runs went. */
interface Feed {
  intervalMs: number
  hours: OpeningHours | undefined
  since: number
  lastGoodAt: number | undefined
  failures: number
  /** Neither paused nor removed. */
  wanted: boolean
}

/** Fetchers and what they bring: feeds that fail or fall silent while their market is open, and quotes that jump or are old. */
export function followFeeds({ bus, store, log }: { bus: Bus; store: Store; log: Logger }): Source {
  const feeds = new Map<string, Feed>()
  const quotes = new Map<string, SeriesMonitor>()
  const topics = new Map<string, FollowedTopic>()
  const feedOf = (name: string, at: number) => {
    const feed = feeds.get(name) ?? { intervalMs: minute, hours: undefined, since: at, lastGoodAt: undefined, failures: 0, wanted: false }
    feeds.set(name, feed)
    return feed
  }
  const takeQuote = (quote: Quote, at: number) => {
    const key = `${quote.feed} ${quote.symbol}`
    let monitor = quotes.get(key)
    if (!monitor) {
      if (quotes.size >= mostSeries) return
      const feed = feeds.get(quote.feed)
      monitor = monitorSeries({
        venue: quote.feed, symbol: quote.symbol, series: 'quotes', expectedMs: Math.max(quoteDelayMs, feed?.intervalMs ?? 0),
        barMs: Math.max(minute, feed?.intervalMs ?? minute), steady: false, since: at, hours: feed?.hours,
      })
      quotes.set(key, monitor)
    }
    monitor.take(quote, at)
  }
  const follow = async (name: 'quotes' | 'feed-runs', open: () => Promise<FollowedTopic>) => {
    if (topics.has(name) && !topics.get(name)!.failed) return
    await topics.get(name)?.close()
    topics.set(name, await open())
  }

  return {
    everyMs: 15_000,
    async refresh(now) {
      const states = await findOrNone<FeedState>(store, 'feed_states', { limit: 5_000 })
      for (const state of states) Object.assign(feedOf(state.name, state.last_success_at ?? now), fromState(state))
      if (quotes.size >= mostSeries) log.warn({ series: quotes.size }, 'more series of quotes come than are watched')
      await follow('feed-runs', () => followTopic(bus, catalog['feed-runs'], { topic: catalog['feed-runs'].topic, lookBack }, ({ value: run }) => {
        const feed = feedOf(run.feed, run.known_time)
        feed.failures = run.outcome === 'failed' ? feed.failures + 1 : 0
        if (run.outcome !== 'failed') feed.lastGoodAt = Math.max(feed.lastGoodAt ?? 0, run.known_time)
      }))
      await follow('quotes', () => followTopic(bus, catalog.quotes, { topic: catalog.quotes.topic, lookBack }, ({ value, at }) => takeQuote(value, at)))
    },
    readings: (now) => [...[...feeds].flatMap(([name, feed]) => readFeed(name, feed, now)), ...[...quotes.values()].flatMap((monitor) => monitor.readings(now))],
    close: async () => { await Promise.all([...topics.values()].map((topic) => topic.close())) },
  }
}

function readFeed(name: string, feed: Feed, now: number): Reading[] {
  if (!feed.wanted) return []
  const silent = openMsBetween(feed.lastGoodAt ?? feed.since, now, feed.hours) / feed.intervalMs
  return [
    { measure: 'streamforge_feed_failures_in_a_row', labels: { feed: name }, value: feed.failures },
    { measure: 'streamforge_series_silence_intervals', labels: { venue: name, symbol: 'ALL', series: 'feed_runs' }, value: silent },
  ]
}

function fromState({ entry, paused, status }: FeedState): Partial<Feed> {
  return { intervalMs: Math.max(durationMs(entry.interval), 10_000), hours: hoursOf(entry), wanted: !paused && status !== 'removed' }
}

function hoursOf({ market_hours: hours, timezone = 'UTC' }: FeedEntry): OpeningHours | undefined {
  if (!hours) return undefined
  return { timezone, days: hours.days.map((day) => weekdays.indexOf(day) + 1), openMinute: minuteOf(hours.open), closeMinute: minuteOf(hours.close), holidays: hours.holidays }
}

const minuteOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
