import type { Asset, StageSpec } from '@streamforge/contracts'
import { assetKey, ensureGraphCollections, graphCollections } from '@streamforge/models'
import type { Store } from '@streamforge/store'

/** Writes what the request says of its symbols' sectors and industries to `assets`, in place of what was known. */
export async function keepSectors(store: Store, { pipeline, venue, symbols }: Pick<StageSpec, 'pipeline' | 'venue' | 'symbols'>): Promise<void> {
  const sectors = pipeline.type === 'train_gnn' ? pipeline.graph.sectors : undefined
  const assets = symbols.flatMap((symbol): Asset[] => {
    const told = sectors && Object.hasOwn(sectors, symbol) ? sectors[symbol] : undefined
    return told ? [{ _key: assetKey(venue, symbol), venue, symbol, sector: told.sector, ...(told.industry !== undefined && { industry: told.industry }) }] : []
  })
  if (assets.length === 0) return
  // A replay's graph lies elsewhere, but assets are the same.
  const collections = graphCollections()
  await ensureGraphCollections(store, collections)
  await store.writeBatch(collections.vertices, assets)
}
