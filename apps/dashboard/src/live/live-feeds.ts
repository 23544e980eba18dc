import type { LiveChannel } from '@streamforge/contracts'
import { datasetsWith } from '../read/datasets.ts'
import type { HubParts } from './live-hub.ts'
import { openTopicFeed, type TopicFeed } from './topic-feed.ts'

export type MarketChannel = Extract<LiveChannel, { kind: 'candles' | 'trades' | 'book' }>
export type CandleChannel = Extract<LiveChannel, { kind: 'candles' }>

export interface LiveFeeds {
  /** Feeds of the queues that stream what the channel shows, opened where they are not yet. */
  of(channel: MarketChannel): Promise<TopicFeed[]>
  size(): number
  closeIdle(now: number): Promise<void>
  closeAll(): Promise<void>
}

/** A feed that nobody watches stays for a while: pages come back. */
const idleFeedMs = 30_000
const content = { candles: 'candles', trades: 'trades', book: 'orderbook' } as const

/** Every topic is followed once, however many channels show something of it. */
export function openLiveFeeds(parts: Pick<HubParts, 'bus' | 'datasets' | 'log' | 'now'>): LiveFeeds {
  const open = new Map<string, { feed: Promise<TopicFeed | undefined>; usedAt: number }>()
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
      const feeds = await Promise.all(streaming.map(async ({ topic }, i) => {
        // One whose topic could not be followed any further is made anew.
        if ((await open.get(topic)?.feed)?.failed) await close(topic)
        const entry = open.get(topic) ?? { feed: openTopicFeed(parts, streaming[i]!).catch(() => void open.delete(topic)), usedAt: 0 }
        entry.usedAt = parts.now()
        open.set(topic, entry)
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
