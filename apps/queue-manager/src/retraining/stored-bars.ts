import { candleKeyRange, intervalLengths, StreamForgeError, type Candle, type RetrainingPolicy, type StoredQueue } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'

type Series = Pick<RetrainingPolicy, 'venue' | 'symbols' | 'interval'>

/**
 * What the store holds of a series' bars: up to when every symbol has them, and how many are newer than `since` of the symbol with fewest. Collections are those of queues
 * that loaded or follow these candles.
 */
export async function storedBars(store: Store, { venue, symbols, interval }: Series, since: number | undefined): Promise<{ dataTo: number | undefined; newBars: number }> {
  const queues = await store.find<StoredQueue>('queues', { where: { type: { in: [`api_candles_${interval}`, `ws_candles_${interval}`] }, venue }, limit: 100_000 })
  let dataTo = Infinity
  let fewest = Infinity
  for (const symbol of symbols) {
    const collections = [...new Set(queues.filter((queue) => queue.symbol === symbol).map((queue) => queue.collection_name))]
    const newest = await newestOpen(store, collections, symbol, interval)
    if (newest === undefined) return { dataTo: undefined, newBars: 0 }
    dataTo = Math.min(dataTo, newest + intervalLengths[interval])
    fewest = Math.min(fewest, since === undefined ? 0 : await countSince(store, collections, symbol, interval, since))
  }
  return { dataTo, newBars: fewest }
}

/** Keys sort as text: instants have 13 digits. */
const bounds = (symbol: string, interval: Series['interval'], since: number) => candleKeyRange(symbol, interval, { from: Math.max(since, 1_000_000_000_000), to: 9_999_999_999_999 })

async function newestOpen(store: Store, collections: readonly string[], symbol: string, interval: Series['interval']): Promise<number | undefined> {
  let newest: number | undefined
  for (const collection of collections) {
    const { from, to } = bounds(symbol, interval, 0)
    const [last] = await store.find<Candle & StoredDocument>(collection, { where: { _key: { gte: from, lt: to } }, sort: [{ field: '_key', direction: 'desc' }], limit: 1 }).catch(noneIfMissing)
    if (last && last.open_time > (newest ?? -1)) newest = last.open_time
  }
  return newest
}

/** Of the collection that has most: history and live data share one, and other ranges lie in others. */
async function countSince(store: Store, collections: readonly string[], symbol: string, interval: Series['interval'], since: number): Promise<number> {
  const counts = await Promise.all(collections.map((collection) => store.count(collection, bounds(symbol, interval, since)).catch(zeroIfMissing)))
  return Math.max(0, ...counts)
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND')) throw error
}
const noneIfMissing = (error: unknown): [] => {
  unlessMissing(error)
  return []
}
const zeroIfMissing = (error: unknown): 0 => {
  unlessMissing(error)
  return 0
}
