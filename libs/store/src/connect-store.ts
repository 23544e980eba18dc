import type { Store } from './store.ts'
import { openEmbeddedStore } from './embedded/open-embedded-store.ts'

export type StoreConfig =
  | { kind: 'embedded'; file: string; synchronous?: 'NORMAL' | 'FULL' }
  | { kind: 'arango'; url: string; database: string; user?: string; password?: string }

/** @throws StreamForgeError STORE_UNAVAILABLE */
export async function connectStore(config: StoreConfig): Promise<Store> {
  if (config.kind === 'embedded') return openEmbeddedStore(config)
  // Loaded only where it is used: a laptop's processes start sooner and stay smaller without the driver.
  const { openArangoStore } = await import('./arango/open-arango-store.ts')
  return openArangoStore(config)
}
