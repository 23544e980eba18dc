import { floorToInterval, type ChartCandle, type Gap, type LivePayload, type Trade } from '@streamforge/contracts'
import { provenFrom } from '../derive/trade-history.ts'
import { LiveBars, newestRunStart } from '../derive/live-bars.ts'
import { candlesOfBars, mergeInto, type Bar } from '../derive/trade-bars.ts'
import { datasetsWith, storedSignature } from '../read/datasets.ts'
import { readSeries } from '../read/read-candles.ts'
import { attachFeeds } from './attach-feeds.ts'
import { gather } from './gather.ts'
import type { CandleChannel } from './live-feeds.ts'
import type { FollowParts } from './live-hub.ts'
import { oneAtATime } from './one-at-a-time.ts'
import type { ChannelSource, Publish } from './share-channel.ts'
import type { TopicFeed } from './topic-feed.ts'

/** A candle that grows is drawn anew as a whole chart: a few times a second is what eyes and phones bear. */
const gatherMs = 200
const catchUpLimit = 1_000
/** A trade that has not been stored so many seconds after a later one was published is not on its way. */
const mostReadings = 60

/**
 * Candles of a market of which only trades stream. Trades from one id on come from the topic, those before it from the store; the
 * connector may still be on its way to the newest of these, so they are read again until none is missing.
 */
export function followTradeCandles(parts: FollowParts, channel: CandleChannel, publish: Publish): ChannelSource {
  const { venue, symbol, interval } = channel
  let live: LiveBars | undefined
  let before: Bar[] = []
  const gaps: Gap[] = []
  let readings = 0
  let signature = ''
  let proven: number | undefined
  let changedSince = Number.POSITIVE_INFINITY
  const gathered = gather(gatherMs, () => {
    const from = changedSince
    changedSince = Number.POSITIVE_INFINITY
    publish(payload(candlesSince(allBars(before, live), channel, from, proven), gaps.splice(0)))
  })
  const changed = (time: number | undefined) => {
    if (time === undefined) return
    changedSince = Math.min(changedSince, time)
    gathered.touch()
  }
  const take = (trades: readonly Trade[], first: number | undefined) => {
    if (first !== undefined) live ??= new LiveBars(first)
    changed(live?.add(trades))
  }
  const attached = attachFeeds(parts.feeds, { kind: 'trades', venue, symbol }, {
    // What is missing among those published before now is in the store, if it is anywhere.
    onAttached: (feed: TopicFeed) => take(feed.recentTrades(), newestRunStart(feed.recentTrades())),
    onUpdate(update) {
      take(update.trades, live || !update.trades.length ? undefined : Math.min(...update.trades.map((trade) => trade.trade_id)))
      gaps.push(...update.gaps)
      if (update.gaps.length) changed(Math.min(...update.gaps.map((gap) => gap.from)))
    },
  })
  /** The rest of the candle in which the live trades begin, and a bit before it. */
  const readBefore = async () => {
    const [first] = live?.sorted() ?? []
    if (!live || !first || isJoined(before, live) || readings++ >= mostReadings) return
    before = await parts.history.barsBefore(await parts.datasets(), channel, live.firstId, floorToInterval(first.open_time, interval))
    changed(before[0]?.open_time)
  }
  /** History that has been stored meanwhile may hold what the stream has lost. */
  const readHoles = async () => {
    const datasets = await parts.datasets()
    const now = storedSignature(datasets, channel)
    if (now === signature) return
    signature = now
    proven = provenFrom(datasetsWith(datasets, { venue, symbol, content: 'trades' }))
    readings = 0
    if (live?.holes().length) changed(live.add(await parts.history.tradesWithin(datasets, channel, live.holes())))
  }
  const refresh = oneAtATime(async () => {
    await attached.refresh()
    await readHoles()
    await readBefore()
  })
  return {
    refresh,
    async answer(since) {
      await refresh()
      const stored = since === undefined ? undefined : await readSeries(parts, await parts.datasets(), { venue, symbol, interval, from: since, limit: catchUpLimit })
      return () => {
        const all = new Map<number, ChartCandle>((stored?.candles ?? []).map((candle) => [candle.open_time, candle]))
        for (const candle of candlesSince(allBars(before, live), channel, since ?? 0, proven)) all.set(candle.open_time, candle)
        return payload([...all.values()], stored?.gaps ?? [], stored?.more)
      }
    },
    close() {
      gathered.close()
      attached.close()
    },
  }
}

/** Whether the newest trade read from the store is the one before the first live one. */
const isJoined = (before: readonly Bar[], live: LiveBars) => before.at(-1)?.last_id === live.firstId - 1

function allBars(before: readonly Bar[], live: LiveBars | undefined): Bar[] {
  const bars = new Map<number, Bar>()
  mergeInto(bars, before)
  mergeInto(bars, live?.sorted() ?? [])
  return [...bars.values()].sort((a, b) => a.open_time - b.open_time)
}

/** From the candle before the one of an instant on: that one may have closed, or stand still, only now. The oldest of all may not be whole. */
function candlesSince(bars: readonly Bar[], { interval }: CandleChannel, since: number, proven: number | undefined): ChartCandle[] {
  const changed = bars.findIndex((bar) => floorToInterval(bar.open_time, interval) >= floorToInterval(since, interval))
  if (changed < 0) return []
  const start = floorToInterval(bars[Math.max(0, changed - 1)]!.open_time, interval)
  const first = bars.findIndex((bar) => bar.open_time >= start)
  return candlesOfBars(bars.slice(first), { interval, prior: bars[first - 1], growing: true, provenFrom: proven })
}

function payload(candles: readonly ChartCandle[], gaps: readonly Gap[], more = false): LivePayload {
  return { kind: 'candles', candles: candles.toSorted((a, b) => a.open_time - b.open_time), gaps: [...gaps], stored: more }
}
