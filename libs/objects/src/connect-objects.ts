import type { ObjectStore } from './objects.ts'
import { openFolderObjects } from './folder/open-folder-objects.ts'

export interface ObjectsConfig {
  kind: 'embedded'
  directory: string
}

/** @throws StreamForgeError STORE_UNAVAILABLE */
export function connectObjects(config: ObjectsConfig): Promise<ObjectStore> {
  return openFolderObjects(config)
}
