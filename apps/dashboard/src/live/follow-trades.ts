import type { LiveChannel, Trade } from '@streamforge/contracts'
import { readTrades } from '../read/read-trades.ts'
import { attachFeeds } from './attach-feeds.ts'
import { gather } from './gather.ts'
import type { FollowParts } from './live-hub.ts'
import type { ChannelSource, Publish } from './share-channel.ts'

/** Changes are gathered so long before they are sent: fast enough for eyes, slow enough for phones. */
const gatherMs = 100
/** Where more comes than a tape holds, all of it changes with every update, and nobody reads ten of those a second: the page is spared half of them. */
const gatherMsWhenFlooded = 200
/** As many as a page's tape shows: more would be written, sent and read for nothing. */
const tapeLength = 60
const catchUpLimit = 1_000

/** A symbol's trades as they come. Of more than a tape holds within one gathering only the newest are sent. */
export function followTrades({ store, datasets, feeds }: FollowParts, channel: Extract<LiveChannel, { kind: 'trades' }>, publish: Publish): ChannelSource {
  let fresh: Trade[] = []
  let skipped = 0
  let flooded = false
  const gathered = gather(() => (flooded ? gatherMsWhenFlooded : gatherMs), () => {
    publish({ kind: 'trades', trades: fresh, skipped })
    flooded = skipped > 0
    fresh = []
    skipped = 0
  })
  const attached = attachFeeds(feeds, channel, {
    onUpdate({ trades }) {
      if (!trades.length) return
      fresh.push(...trades)
      if (fresh.length > tapeLength) skipped += fresh.splice(0, fresh.length - tapeLength).length
      gathered.touch()
    },
  })
  return {
    refresh: attached.refresh,
    async answer(since) {
      await attached.refresh()
      const limit = since === undefined ? tapeLength : catchUpLimit
      const stored = await readTrades(store, await datasets(), { venue: channel.venue, symbol: channel.symbol, limit, after: since })
      return () => {
        const recent = attached.current().flatMap((feed) => feed.recentTrades()).filter((trade) => since === undefined || trade.trade_id > since)
        return { kind: 'trades', trades: newest([...stored, ...recent], limit), skipped: 0 }
      }
    },
    close() {
      gathered.close()
      attached.close()
    },
  }
}

/** The newest so many, oldest first, each once. */
function newest(trades: readonly Trade[], limit: number): Trade[] {
  return [...new Map(trades.map((trade) => [trade.trade_id, trade])).values()].sort((a, b) => a.trade_id - b.trade_id).slice(-limit)
}
