import { tradeKeyRange, type Trade, type TradesQuery } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import { collectionsOf, datasetsWith, orIfMissing, type Dataset } from './datasets.ts'

type StoredTrade = Trade & StoredDocument

/** Stored trades of a symbol with ids above `after` and below `before`, the newest `limit` of them, newest first. */
export async function readTrades(
  store: Store, datasets: readonly Dataset[], query: Omit<TradesQuery, 'before'> & { before?: number | undefined; after?: number | undefined },
): Promise<Trade[]> {
  const { symbol, before, after, limit } = query
  const keys = tradeKeyRange(symbol, after === undefined ? 0 : after + 1, before === undefined ? undefined : Math.max(0, before - 1))
  if (before === 0) return []
  const collections = collectionsOf(datasetsWith(datasets, { ...query, content: 'trades' }))
  const pages = await Promise.all(collections.map((collection) => orIfMissing(store.find<StoredTrade>(collection, {
    where: { _key: { gte: keys.from, lt: keys.to } }, sort: [{ field: '_key', direction: 'desc' }], limit,
  }), [])))
  const byId = new Map(pages.flat().map(({ _key, ...trade }): [number, Trade] => [trade.trade_id, trade]))
  return [...byId.values()].sort((a, b) => b.trade_id - a.trade_id).slice(0, limit)
}
