export type {
  Store, StoredDocument, StoredEdge, CollectionInfo, CollectionOptions, FindQuery, GraphDefinition, KeyRange, Scalar, SerialisedDocument,
  Where, WriteOptions, WriteResult,
} from './store.ts'
export { connectStore, type StoreConfig } from './connect-store.ts'
export { openEmbeddedStore, type EmbeddedStoreOptions } from './embedded/open-embedded-store.ts'
export type { StoreEvent } from './channels.ts'
export { openServedStore, type ServedStore } from './embedded/open-served-store.ts'
export { readDocumentLines, type WriteHead } from './remote/document-lines.ts'
export type { SettingsStore, StoredSetting } from './settings/settings-store.ts'
export { connectSettings, type SettingsConfig } from './settings/connect-settings.ts'
export { openAllSettings, type AllSettings } from './settings/all-settings.ts'
export { leaseWatch, type Lease, type LeaseOptions, type LeaseWatch } from './lease/lease.ts'
