import { tailMessages, type Bus, type Consumer } from '@streamforge/bus'
import { catalog, type BookView, type LiveChannel } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import type { Logger } from 'pino'
import type { TradeHistory } from '../derive/trade-history.ts'
import type { ReadDatasets } from '../read/datasets.ts'
import { followBook } from './follow-book.ts'
import { followCandles } from './follow-candles.ts'
import { followForecasts } from './follow-forecasts.ts'
import { followModels } from './follow-models.ts'
import { followTrades } from './follow-trades.ts'
import { followWorkflow, followWorkflowList } from './follow-workflows.ts'
import { openLiveFeeds, type LiveFeeds } from './live-feeds.ts'
import { shareChannel, type ChannelSource, type Publish, type SendText, type SharedChannel } from './share-channel.ts'

export interface HubParts {
  bus: Bus
  store: Store
  datasets: ReadDatasets
  history: TradeHistory
  log: Logger
  now: () => number
}

/** What those who follow a channel need. */
export type FollowParts = HubParts & { feeds: LiveFeeds }

export interface LiveHub {
  /** Sends the state (what came after `since`) as JSON text, then every change. Returns the end of it. */
  subscribe(channel: LiveChannel, since: number | undefined, send: SendText): () => void
  book(instrument: { venue: string; symbol: string }, levels: number): Promise<BookView>
  close(): Promise<void>
}

const refreshMs = 1_000
/** Workers report many at once: one reading serves them all. */
const settleMs = 150

/** Follows stores and topics for all pages; does nothing while nobody watches. */
export function openLiveHub(parts: HubParts): LiveHub {
  const { bus, log, now } = parts
  const feeds = openLiveFeeds(parts)
  const follow = { ...parts, feeds }
  const channels = new Map<string, SharedChannel>()
  let events: Promise<Consumer | undefined> | undefined
  let soon: NodeJS.Timeout | undefined
  const refreshAll = async () => {
    await Promise.all([...channels.values()].map((c) => c.refresh().catch((err: unknown) => log.warn({ err }, 'a live view could not be refreshed'))))
    await feeds.closeIdle(now())
  }
  const refresh = () => void refreshAll().catch((err: unknown) => log.warn({ err }, 'live views could not be refreshed'))
  const wake = () => {
    soon ??= setTimeout(() => {
      soon = undefined
      refresh()
    }, settleMs)
  }
  const ticker = setInterval(() => { if (channels.size || feeds.size()) refresh() }, refreshMs)
  /** Without the topic (queue-manager has never run), the ticker alone does. */
  const followEvents = () => {
    events ??= tailMessages(bus, catalog['queue-events'], { from: 'latest' }, async () => wake()).catch(() => undefined)
  }
  return {
    subscribe(channel, since, send) {
      followEvents()
      const name = JSON.stringify(channel)
      const shared = channels.get(name) ?? shareChannel((publish) => openSource(follow, channel, publish))
      channels.set(name, shared)
      const leave = shared.join(since, send, (err) => log.warn({ err, channel }, 'a live view could not be opened'))
      return () => {
        leave()
        if (shared.watchers || channels.get(name) !== shared) return
        channels.delete(name)
        shared.close()
      }
    },
    async book(instrument, levels) {
      const [feed] = await feeds.of({ kind: 'book', ...instrument })
      return feed ? feed.book.view(instrument, levels) : { ...instrument, status: 'unknown', bids: [], asks: [] }
    },
    async close() {
      clearInterval(ticker)
      clearTimeout(soon)
      for (const channel of channels.values()) channel.close()
      channels.clear()
      await (await events)?.close().catch(() => undefined)
      await feeds.closeAll()
    },
  }
}

function openSource(parts: FollowParts, channel: LiveChannel, publish: Publish): ChannelSource {
  switch (channel.kind) {
    case 'workflows': return followWorkflowList(parts.store, publish)
    case 'workflow': return followWorkflow(parts.store, channel, publish)
    case 'trades': return followTrades(parts, channel, publish)
    case 'candles': return followCandles(parts, channel, publish)
    case 'book': return followBook(parts, channel, publish)
    case 'forecasts': return followForecasts(parts.store, channel, publish)
    case 'models': return followModels(parts.store, publish)
    default: return channel satisfies never
  }
}
