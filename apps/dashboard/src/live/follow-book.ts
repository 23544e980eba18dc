import type { LiveChannel } from '@streamforge/contracts'
import { attachFeeds } from './attach-feeds.ts'
import { gather } from './gather.ts'
import type { FollowParts } from './live-hub.ts'
import type { ChannelSource, Publish } from './share-channel.ts'

const gatherMs = 100
/** Of each side; a page shows somewhat fewer. */
const shownLevels = 20

/** A symbol's book whenever it has changed. That it may not be trusted any more is told at once. */
export function followBook({ feeds }: FollowParts, channel: Extract<LiveChannel, { kind: 'book' }>, publish: Publish): ChannelSource {
  const { venue, symbol } = channel
  let wasValid: boolean | undefined
  const view = () => {
    const [feed] = attached.current()
    wasValid = feed?.book.valid
    const book = feed ? feed.book.view({ venue, symbol }, shownLevels) : { venue, symbol, status: 'unknown' as const, bids: [], asks: [] }
    return { kind: 'book' as const, book }
  }
  const gathered = gather(gatherMs, () => publish(view()))
  const attached = attachFeeds(feeds, channel, {
    onUpdate(update, feed) {
      if (!update.bookChanged) return
      if (wasValid && !feed.book.valid) publish(view())
      else gathered.touch()
    },
    onAttached: () => gathered.touch(),
  })
  return {
    refresh: attached.refresh,
    async answer() {
      await attached.refresh()
      return view
    },
    close() {
      gathered.close()
      attached.close()
    },
  }
}
