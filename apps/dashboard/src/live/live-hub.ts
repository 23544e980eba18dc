import { tailMessages, type Bus, type Consumer } from '@streamforge/bus'
import { catalog, type BookView, type LiveChannel, type LivePayload } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import type { Logger } from 'pino'
import { datasetsWith, type ReadDatasets } from '../read/datasets.ts'
import { followMarket, type MarketChannel } from './follow-market.ts'
import { followWorkflows } from './follow-workflows.ts'
import { openTopicFeed, type TopicFeed } from './topic-feed.ts'

export interface HubParts {
  bus: Bus
  store: Store
  datasets: ReadDatasets
  log: Logger
  now: () => number
}

export type SendPayload = (payload: LivePayload) => void

/** What follows one channel for one page. */
export interface Follower {
  /** Called every second, and soon after workers have reported. */
  refresh(): Promise<void>
  close(): void
}

export interface LiveHub {
  /** Sends the state (what came after `since`), then every change. Returns the end of it. */
  subscribe(channel: LiveChannel, since: number | undefined, send: SendPayload): () => void
  book(instrument: { venue: string; symbol: string }, levels: number): Promise<BookView>
  close(): Promise<void>
}

const refreshMs = 1_000
/** Workers report many at once: one reading serves them all. */
const settleMs = 150
/** A feed that nobody watches stays for a while: pages come back. */
const idleFeedMs = 30_000

/** Follows stores and topics for all pages; does nothing while nobody watches. */
export function openLiveHub(parts: HubParts): LiveHub {
  const { bus, log, now } = parts
  const followers = new Set<Follower>()
  const feeds = liveFeeds(parts)
  let events: Promise<Consumer | undefined> | undefined
  let soon: NodeJS.Timeout | undefined
  const refreshAll = async () => {
    await Promise.all([...followers].map((f) => f.refresh().catch((err: unknown) => log.warn({ err }, 'a live view could not be refreshed'))))
    await feeds.closeIdle(now())
  }
  const wake = () => {
    soon ??= setTimeout(() => {
      soon = undefined
      void refreshAll()
    }, settleMs)
  }
  const ticker = setInterval(() => { if (followers.size || feeds.size()) void refreshAll() }, refreshMs)
  /** Without the topic (queue-manager has never run), the ticker alone does. */
  const followEvents = () => {
    events ??= tailMessages(bus, catalog['queue-events'], { from: 'latest' }, async () => wake()).catch(() => undefined)
  }
  return {
    subscribe(channel, since, send) {
      followEvents()
      const follower = channel.kind === 'workflows' || channel.kind === 'workflow'
        ? followWorkflows(parts.store, channel, send) : followMarket(parts, feeds, channel, since, send)
      followers.add(follower)
      follower.refresh().catch((err: unknown) => log.warn({ err, channel }, 'a live view could not be opened'))
      return () => {
        followers.delete(follower)
        follower.close()
      }
    },
    async book(instrument, levels) {
      const [feed] = await feeds.of({ kind: 'book', ...instrument })
      return feed ? feed.book.view(instrument, levels) : { ...instrument, status: 'unknown', bids: [], asks: [] }
    },
    async close() {
      clearInterval(ticker)
      clearTimeout(soon)
      for (const follower of followers) follower.close()
      followers.clear()
      await (await events)?.close().catch(() => undefined)
      await feeds.closeAll()
    },
  }
}

export interface LiveFeeds {
  /** Feeds of the queues that stream what the channel shows, opened where they are not yet. */
  of(channel: MarketChannel): Promise<TopicFeed[]>
  size(): number
  closeIdle(now: number): Promise<void>
  closeAll(): Promise<void>
}

function liveFeeds(parts: HubParts): LiveFeeds {
  const open = new Map<string, { feed: Promise<TopicFeed | undefined>; usedAt: number }>()
  const content = { candles: 'candles', trades: 'trades', book: 'orderbook' } as const
  const close = async (topic: string) => {
    const entry = open.get(topic)
    open.delete(topic)
    await (await entry?.feed)?.close()
  }
  return {
    async of(channel) {
      const streaming = datasetsWith(await parts.datasets(), {
        ...channel, content: content[channel.kind], ...(channel.kind === 'candles' && { interval: channel.interval }),
      }).filter((d) => d.streaming)
      const feeds = await Promise.all(streaming.map((dataset) => {
        const entry = open.get(dataset.topic) ?? { feed: openTopicFeed(parts, dataset).catch(() => void open.delete(dataset.topic)), usedAt: 0 }
        entry.usedAt = parts.now()
        open.set(dataset.topic, entry)
        return entry.feed
      }))
      return feeds.filter((feed) => feed !== undefined)
    },
    size: () => open.size,
    async closeIdle(now) {
      const streaming = new Set((await parts.datasets()).filter((d) => d.streaming).map((d) => d.topic))
      for (const [topic, { feed, usedAt }] of open) {
        const idle = now - usedAt > idleFeedMs && !(await feed)?.listeners
        if (idle || !streaming.has(topic)) await close(topic)
      }
    },
    closeAll: async () => { await Promise.all([...open.keys()].map(close)) },
  }
}
