import { CollectionName, StreamForgeError } from '@streamforge/contracts'
import type { GraphDefinition } from './store.ts'

const fieldName = /^[A-Za-z_][A-Za-z0-9_-]{0,127}$/

/** Names of collections and graphs follow one rule in all adapters. @throws StreamForgeError STORE_REJECTED */
export function checkCollectionName(name: string): void {
  if (CollectionName.safeParse(name).success) return
  throw new StreamForgeError('STORE_REJECTED', `'${String(name).slice(0, 80)}' is not a collection name`, {
    remedy: 'a name starts with a lower-case letter and goes on with up to 200 of a-z, 0-9, _ and -',
  })
}

/** Only top-level fields can be indexed, filtered and sorted by. @throws StreamForgeError STORE_REJECTED */
export function checkFieldName(field: string): void {
  if (fieldName.test(field)) return
  throw new StreamForgeError('STORE_REJECTED', `'${String(field).slice(0, 80)}' is not a field name that can be indexed, filtered or sorted by`, {
    remedy: 'a top-level field of letters, digits, _ and -, which does not start with a digit',
  })
}

export function collectionNotFound(name: string, cause?: unknown): StreamForgeError {
  return new StreamForgeError('COLLECTION_NOT_FOUND', `collection '${name}' does not exist`, {
    cause, remedy: 'call ensureCollection first', details: { collection: name },
  })
}

export function graphNotFound(name: string, cause?: unknown): StreamForgeError {
  return new StreamForgeError('COLLECTION_NOT_FOUND', `graph '${name}' does not exist`, {
    cause, remedy: 'call ensureGraph first', details: { graph: name },
  })
}

export function storeClosed(): StreamForgeError {
  return new StreamForgeError('STORE_UNAVAILABLE', 'the store was used after close()', { remedy: 'open the store again' })
}

export function wrongKind(name: string, is: string, wanted: string): StreamForgeError {
  return new StreamForgeError('STORE_REJECTED', `collection '${name}' holds ${is}s, not ${wanted}s`, {
    remedy: 'choose another name, or drop the collection', details: { collection: name, kind: is },
  })
}

export function otherEdges(graph: GraphDefinition): StreamForgeError {
  return new StreamForgeError('STORE_REJECTED', `graph '${graph.name}' exists with edges other than those of '${graph.edgeCollection}'`, {
    remedy: 'give the graph another name', details: { graph: graph.name },
  })
}
