import { StreamForgeError } from '@streamforge/contracts'
import type { Store } from './store.ts'
import { openEmbeddedStore } from './embedded/open-embedded-store.ts'

export type StoreConfig =
  | { kind: 'embedded'; file: string; synchronous?: 'NORMAL' | 'FULL' }
  | { kind: 'arango'; url: string; database: string; user?: string; password?: string }

/** @throws StreamForgeError STORE_UNAVAILABLE */
export async function connectStore(config: StoreConfig): Promise<Store> {
  if (config.kind === 'embedded') return openEmbeddedStore(config)
  throw new StreamForgeError('BAD_CONFIG', 'the ArangoDB adapter is not part of this build yet')
}
