import type { LiveFeeds, MarketChannel } from './live-feeds.ts'
import type { FeedUpdate, TopicFeed } from './topic-feed.ts'
import { oneAtATime } from './one-at-a-time.ts'

export interface AttachedFeeds {
  /** Listens to the feeds that stream now; what came before has been looked at by `onAttached` before anything new is heard. */
  refresh(): Promise<void>
  current(): TopicFeed[]
  close(): void
}

export interface FeedListener {
  onUpdate(update: FeedUpdate, feed: TopicFeed): void
  onAttached?(feed: TopicFeed): void
}

/** Keeps one channel listening to the feeds of the queues that stream it, as these come and go. */
export function attachFeeds(feeds: LiveFeeds, channel: MarketChannel, { onUpdate, onAttached }: FeedListener): AttachedFeeds {
  const heard = new Map<TopicFeed, () => void>()
  let closed = false
  return {
    refresh: oneAtATime(async () => {
      const now = await feeds.of(channel)
      if (closed) return
      for (const [feed, stop] of heard) {
        if (now.includes(feed)) continue
        stop()
        heard.delete(feed)
      }
      for (const feed of now) {
        if (heard.has(feed)) continue
        heard.set(feed, feed.listen((update) => onUpdate(update, feed)))
        onAttached?.(feed)
      }
    }),
    current: () => [...heard.keys()],
    close() {
      closed = true
      for (const stop of heard.values()) stop()
    },
  }
}
