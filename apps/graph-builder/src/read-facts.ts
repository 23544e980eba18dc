import { StreamForgeError } from '@streamforge/contracts'
import { splitSymbol } from '@streamforge/market'
import { type AssetFacts, graphCollections, readAssets } from '@streamforge/models'
import type { Store, StoredDocument } from '@streamforge/store'
import type { GraphWindow } from './graph-windows.ts'

/** Venues whose symbols are pairs of assets. */
const pairVenues: ReadonlySet<string> = new Set(['binance', 'coinbase'])

/** What is known of the symbols: sector and industry of the stored assets, and what a pair is made of. */
export async function readAssetFacts(store: Store, venue: string, symbols: readonly string[]): Promise<AssetFacts[]> {
  const stored = new Map((await readAssets(store, graphCollections(), { venue, symbols: [...symbols] })).map((asset) => [asset.symbol, asset]))
  return symbols.map((symbol) => ({
    symbol, sector: stored.get(symbol)?.sector, industry: stored.get(symbol)?.industry, ...(pairVenues.has(venue) && splitSymbol(symbol)),
  }))
}

/** Where articles are, when there are any: documents with `symbols`, `event_time` and `known_time`. */
const articles = 'news'

/** The symbols named by each article of the window that was known by its end. */
export async function readArticles(store: Store, { from, to }: GraphWindow): Promise<string[][]> {
  const named: string[][] = []
  try {
    for await (const batch of store.scan(articles)) {
      for (const article of batch) if (isOf(article, { from, to })) named.push(article['symbols'] as string[])
    }
  } catch (error) {
    if (error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND') return []
    throw error
  }
  return named
}

function isOf({ symbols, event_time, known_time }: StoredDocument, { from, to }: GraphWindow): boolean {
  return Array.isArray(symbols) && symbols.length > 1 && typeof event_time === 'number' && event_time >= from && event_time < to
    && typeof known_time === 'number' && known_time <= to
}
