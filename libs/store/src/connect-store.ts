import type { Store } from './store.ts'
import { openEmbeddedStore } from './embedded/open-embedded-store.ts'

export type StoreConfig =
  | { kind: 'embedded'; file: string; synchronous?: 'NORMAL' | 'FULL' }
  | { kind: 'remote'; url: string; token: string }
  | { kind: 'arango'; url: string; database: string; user?: string; password?: string }

/** @throws StreamForgeError STORE_UNAVAILABLE, BAD_CONFIG */
export async function connectStore(config: StoreConfig): Promise<Store> {
  if (config.kind === 'embedded') return openEmbeddedStore(config)
  // Loaded only where they are used: a laptop's processes start sooner and stay smaller without the drivers.
  if (config.kind === 'remote') return (await import('./remote/open-remote-store.ts')).openRemoteStore(config)
  const { openArangoStore } = await import('./arango/open-arango-store.ts')
  return openArangoStore(config)
}
