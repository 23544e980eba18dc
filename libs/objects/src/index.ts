export type { ObjectInfo, ObjectStore } from './objects.ts'
export { connectObjects, type ObjectsConfig } from './connect-objects.ts'
export { openFolderObjects, type FolderObjectsOptions } from './folder/open-folder-objects.ts'
