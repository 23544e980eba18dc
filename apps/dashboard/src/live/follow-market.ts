import type { ChartCandle, Gap, LiveChannel, Trade } from '@streamforge/contracts'
import { datasetsWith } from '../read/datasets.ts'
import { readCandles } from '../read/read-candles.ts'
import { readTrades } from '../read/read-trades.ts'
import type { Follower, HubParts, LiveFeeds, SendPayload } from './live-hub.ts'
import { oneAtATime } from './one-at-a-time.ts'
import type { FeedUpdate, TopicFeed } from './topic-feed.ts'

export type MarketChannel = Extract<LiveChannel, { kind: 'candles' | 'trades' | 'book' }>

/** Changes are gathered so long before they are sent: fast enough for eyes, slow enough for phones. */
const gatherMs = 50
const gatherBookMs = 100
const tapeLength = 200
const catchUpLimit = 1_000
const bookLevels = 50

/** One symbol's candles, trades or book for one page: what it has missed, then what comes. */
export function followMarket(parts: HubParts, feeds: LiveFeeds, channel: MarketChannel, since: number | undefined, send: SendPayload): Follower {
  const heard = new Map<TopicFeed, () => void>()
  const gathered = gather(channel, send)
  let caughtUp = false
  let signature: string | undefined
  let closed = false
  const attach = async () => {
    const now = await feeds.of(channel)
    if (closed) return
    for (const [feed, stop] of heard) {
      if (now.includes(feed)) continue
      stop()
      heard.delete(feed)
    }
    for (const feed of now) {
      if (heard.has(feed)) continue
      heard.set(feed, feed.listen((update) => gathered.add(update, feed)))
      // What came before we listened: it may not be in the store yet.
      gathered.add({ trades: [...feed.recentTrades()].slice(-tapeLength), candles: [...feed.recentCandles()], gaps: [], bookChanged: true }, feed)
    }
  }
  return {
    refresh: oneAtATime(async () => {
      if (closed) return
      // Listening first: what is published while the store is read comes by both ways, and neither is missed.
      await attach()
      if (!caughtUp) {
        caughtUp = true
        send(await missed(parts, channel, since))
        gathered.start()
      }
      if (channel.kind !== 'candles') return
      const now = await storedSignature(parts, channel)
      if (signature !== undefined && now !== signature) send({ kind: 'candles', candles: [], gaps: [], stored: true })
      signature = now
    }),
    close() {
      closed = true
      gathered.close()
      for (const stop of heard.values()) stop()
    },
  }
}

async function missed({ store, datasets }: HubParts, channel: MarketChannel, since: number | undefined) {
  const { venue, symbol } = channel
  switch (channel.kind) {
    case 'candles': {
      if (since === undefined) return { kind: 'candles' as const, candles: [], gaps: [], stored: false }
      const { candles, gaps, more } = await readCandles(store, await datasets(), { venue, symbol, interval: channel.interval, from: since, limit: catchUpLimit })
      return { kind: 'candles' as const, candles, gaps, stored: more }
    }
    case 'trades': {
      const trades = await readTrades(store, await datasets(), { venue, symbol, limit: since === undefined ? tapeLength : catchUpLimit, after: since })
      return { kind: 'trades' as const, trades: trades.reverse(), skipped: 0 }
    }
    case 'book': return { kind: 'book' as const, book: { venue, symbol, status: 'unknown' as const, bids: [], asks: [] } }
    default: return channel satisfies never
  }
}

/** Changes when history of the series has been stored. */
async function storedSignature({ datasets }: HubParts, channel: Extract<MarketChannel, { kind: 'candles' }>): Promise<string> {
  return datasetsWith(await datasets(), { ...channel, content: 'candles' })
    .filter((d) => !d.streaming).map((d) => `${d.queueId}:${d.records}`).join(' ')
}

interface Gathering {
  add(update: FeedUpdate, feed: TopicFeed): void
  /** From here on what is gathered is sent. */
  start(): void
  close(): void
}

function gather(channel: MarketChannel, send: SendPayload): Gathering {
  let trades: Trade[] = []
  let skipped = 0
  let candles = new Map<number, ChartCandle>()
  let gaps: Gap[] = []
  let book: TopicFeed | undefined
  let timer: NodeJS.Timeout | undefined
  let started = false
  const flush = () => {
    timer = undefined
    if (channel.kind === 'trades' && trades.length) send({ kind: 'trades', trades, skipped })
    if (channel.kind === 'candles' && (candles.size || gaps.length)) {
      send({ kind: 'candles', candles: [...candles.values()].sort((a, b) => a.open_time - b.open_time), gaps, stored: false })
    }
    if (channel.kind === 'book' && book) {
      send({ kind: 'book', book: book.book.view({ venue: channel.venue, symbol: channel.symbol }, bookLevels) })
    }
    trades = []
    skipped = 0
    candles = new Map()
    gaps = []
    book = undefined
  }
  const schedule = () => {
    if (started) timer ??= setTimeout(flush, channel.kind === 'book' ? gatherBookMs : gatherMs)
  }
  return {
    add(update, feed) {
      if (channel.kind === 'trades') {
        trades.push(...update.trades)
        skipped += Math.max(0, trades.length - tapeLength)
        trades = trades.slice(-tapeLength)
      } else if (channel.kind === 'candles') {
        for (const candle of update.candles) if (candle.closed || !candles.get(candle.open_time)?.closed) candles.set(candle.open_time, candle)
        gaps.push(...update.gaps)
      } else if (update.bookChanged) book = feed
      schedule()
    },
    start() {
      started = true
      schedule()
    },
    close: () => clearTimeout(timer),
  }
}
