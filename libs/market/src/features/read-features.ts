import { featureKeyRange, MAX_EPOCH_MS, StreamForgeError, type FeatureRow, type Interval } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'

export interface ReadFeaturesOptions {
  /** Where the features stage has stored its rows. */
  collection: string
  symbols: readonly string[]
  interval: Interval
  /** Open times; `to` excluded. */
  from?: number
  to?: number
  /** Only rows that were known at this instant, in ms; absent: all. */
  asOf?: number
}

/** The first key of an instant with 13 digits: keys sort as text, and instants before it have 12. */
const firstOfThirteenDigits = 1_000_000_000_000

/**
 * Feature rows symbol by symbol, each in order of time, in batches: those with `known_time` at or before `asOf`. A symbol without rows, or a
 * collection that nobody has made, has none.
 */
export async function* readFeaturesAsOf(store: Store, options: ReadFeaturesOptions): AsyncGenerator<FeatureRow[]> {
  const { collection, symbols, interval, asOf = Infinity } = options
  for (const symbol of symbols) {
    try {
      for await (const batch of store.scan<FeatureRow & StoredDocument>(collection, keysOf(symbol, interval, options))) {
        const rows = batch.filter((row) => row.kind === 'feature' && row.known_time <= asOf).map(withoutKey)
        if (rows.length > 0) yield rows
      }
    } catch (error) {
      if (!(error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND')) throw error
    }
  }
}

/** The newest `limit` rows of one symbol that were known at `asOf`, oldest first. */
export async function readNewestFeatures(
  store: Store, options: Omit<ReadFeaturesOptions, 'symbols'> & { symbol: string; limit: number },
): Promise<FeatureRow[]> {
  const { collection, symbol, interval, asOf = MAX_EPOCH_MS, limit } = options
  const keys = keysOf(symbol, interval, options)
  const rows = await store.find<FeatureRow & StoredDocument>(collection, {
    where: { _key: { gte: keys.from, lt: keys.to }, known_time: { lte: asOf }, kind: 'feature' }, sort: [{ field: '_key', direction: 'desc' }], limit,
  }).catch((error: unknown) => {
    if (error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND') return []
    throw error
  })
  return rows.reverse().map(withoutKey)
}

const keysOf = (symbol: string, interval: Interval, { from = 0, to = MAX_EPOCH_MS }: { from?: number; to?: number }) =>
  featureKeyRange(symbol, interval, { from: Math.max(from, firstOfThirteenDigits), to })

const withoutKey = ({ _key, ...row }: FeatureRow & StoredDocument): FeatureRow => row
