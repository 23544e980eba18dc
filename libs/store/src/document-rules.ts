import type { StoredDocument } from './store.ts'

// ArangoDB's rule for keys; the embedded store keeps to it so that what is stored on a laptop fits a cluster.
const keyPattern = /^[A-Za-z0-9_\-:.@()+,=;$!*'%]{1,254}$/
const endPattern = /^[a-z][a-z0-9_-]{0,200}\/[A-Za-z0-9_\-:.@()+,=;$!*'%]{1,254}$/

/** Why the store refuses this document, or undefined when it takes it. */
export function refusal(document: StoredDocument, kind: 'document' | 'edge'): string | undefined {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return 'a document is an object'
  const key: unknown = document._key
  if (typeof key !== 'string') return '_key is missing: a string is expected'
  if (!keyPattern.test(key)) return "_key must have 1 to 254 characters of letters, digits and _-:.@()+,=;$!*'%"
  if ('_id' in document || '_rev' in document) return '_id and _rev belong to the store'
  if (kind === 'document') return undefined
  if (isVertexId(document._from) && isVertexId(document._to)) return undefined
  return "_from and _to of an edge have the form 'collection/key'"
}

export const isDocumentKey = (key: unknown): key is string => typeof key === 'string' && keyPattern.test(key)
export const isVertexId = (id: unknown): id is string => typeof id === 'string' && endPattern.test(id)

/** `stocks/ALI` -> stocks, ALI */
export function splitVertexId(id: string): { collection: string; key: string } {
  const slash = id.indexOf('/')
  return { collection: id.slice(0, slash), key: id.slice(slash + 1) }
}

/** The key to name in a rejection, for documents that may have none. */
export function shownKey(document: StoredDocument): string {
  const key: unknown = (document as StoredDocument | null)?._key
  return typeof key === 'string' ? key.slice(0, 300) : ''
}
