import type { ChartCandle, Gap, LivePayload } from '@streamforge/contracts'
import { candleSource, storedSignature } from '../read/datasets.ts'
import { readCandles } from '../read/read-candles.ts'
import { attachFeeds } from './attach-feeds.ts'
import { followTradeCandles } from './follow-trade-candles.ts'
import { gather } from './gather.ts'
import type { CandleChannel } from './live-feeds.ts'
import type { FollowParts } from './live-hub.ts'
import { oneAtATime } from './one-at-a-time.ts'
import type { ChannelSource, Publish } from './share-channel.ts'

const gatherMs = 100
const catchUpLimit = 1_000

/** Candles of a series: as they stream, else made of the trades as these stream; and word of history that has been stored meanwhile. */
export function followCandles(parts: FollowParts, channel: CandleChannel, publish: Publish): ChannelSource {
  let from: 'stored' | 'trades' | undefined
  let source: ChannelSource | undefined
  let signature: string | undefined
  const askAnew = () => publish({ kind: 'candles', candles: [], gaps: [], stored: true })
  const choose = async (): Promise<ChannelSource> => {
    const now = candleSource(await parts.datasets(), channel)
    if (source && now === from) return source
    source?.close()
    source = now === 'trades' ? followTradeCandles(parts, channel, publish) : followStoredCandles(parts, channel, publish)
    if (from !== undefined) askAnew()
    from = now
    return source
  }
  return {
    answer: async (since) => (await choose()).answer(since),
    refresh: oneAtATime(async () => {
      await (await choose()).refresh()
      const now = storedSignature(await parts.datasets(), channel)
      if (signature !== undefined && now !== signature) askAnew()
      signature = now
    }),
    close: () => source?.close(),
  }
}

function followStoredCandles({ store, datasets, feeds }: FollowParts, channel: CandleChannel, publish: Publish): ChannelSource {
  const { venue, symbol, interval } = channel
  let fresh = new Map<number, ChartCandle>()
  let gaps: Gap[] = []
  const gathered = gather(gatherMs, () => {
    publish(payload([...fresh.values()], gaps))
    fresh = new Map()
    gaps = []
  })
  const attached = attachFeeds(feeds, channel, {
    onUpdate(update) {
      if (!update.candles.length && !update.gaps.length) return
      putCandles(fresh, update.candles)
      gaps.push(...update.gaps)
      gathered.touch()
    },
  })
  return {
    refresh: attached.refresh,
    async answer(since) {
      await attached.refresh()
      const stored = since === undefined ? undefined : await readCandles(store, await datasets(), { venue, symbol, interval, from: since, limit: catchUpLimit })
      return () => {
        const all = new Map<number, ChartCandle>()
        putCandles(all, stored?.candles ?? [])
        for (const feed of attached.current()) putCandles(all, feed.recentCandles().filter((c) => since === undefined || c.open_time >= since))
        return payload([...all.values()], stored?.gaps ?? [], stored?.more)
      }
    },
    close() {
      gathered.close()
      attached.close()
    },
  }
}

/** What has closed stays closed. */
function putCandles(into: Map<number, ChartCandle>, candles: readonly ChartCandle[]): void {
  for (const candle of candles) if (candle.closed || !into.get(candle.open_time)?.closed) into.set(candle.open_time, candle)
}

/** `more`: not all that was missed fits; the page reads the range again. */
function payload(candles: readonly ChartCandle[], gaps: readonly Gap[], more = false): LivePayload {
  return { kind: 'candles', candles: candles.toSorted((a, b) => a.open_time - b.open_time), gaps: [...gaps], stored: more }
}
