export type {
  Store, StoredDocument, StoredEdge, CollectionInfo, CollectionOptions, FindQuery, GraphDefinition, KeyRange, Scalar, Where, WriteResult,
} from './store.ts'
