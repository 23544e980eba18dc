import type { BackupManifest } from '@streamforge/contracts'
import { assetGraph } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import { canonicalJson } from './canonical-json.ts'
import type { ContentPool, ContentSink } from './content-pool.ts'
import { notEmpty } from './not-empty.ts'

type Part = NonNullable<BackupManifest['documents']>

/**
 * What refers is read before what it refers to: a certificate that is in the backup has its records in it, though more may have come since. Those are as good, for
 * records have keys and are written again unchanged.
 */
const first = ['workflows', 'queues', 'coverage']
const rank = (name: string) => (first.includes(name) ? first.indexOf(name) : first.length)

export async function takeDocuments(store: Store, sink: ContentSink): Promise<Part> {
  const listed = (await store.listCollections()).sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1))
  const collections: Part['collections'] = []
  for (const { name, kind } of listed) {
    const contents = await sink.addLines(linesOf(store, name))
    collections.push({ name, kind, rows: contents.reduce((sum, { rows = 0 }) => sum + rows, 0), contents })
  }
  return { from: store.kind, collections }
}

async function* linesOf(store: Store, collection: string): AsyncGenerator<string> {
  for await (const page of store.scan(collection)) for (const document of page) yield canonicalJson(document)
}

/** @throws StreamForgeError CONFLICT when something is there and may not be replaced */
export async function clearDocuments(store: Store, force: boolean): Promise<void> {
  const there = await store.listCollections()
  const filled = there.find(({ count }) => count > 0)
  if (filled && !force) throw notEmpty(`the store has ${filled.count} documents in ${filled.name}`)
  for (const { name } of there) await store.dropCollection(name)
}

export async function restoreDocuments(store: Store, part: Part, pool: ContentPool): Promise<void> {
  for (const { name, kind, contents } of part.collections) {
    // Indexes are made by the services that need them, at their start.
    await store.ensureCollection(name, { kind })
    for (const content of contents) {
      const documents = (await pool.readLines(content)).map((line) => JSON.parse(line) as StoredDocument)
      const { rejected } = await store.writeBatch(name, documents)
      if (rejected.length > 0) throw new Error(`${name} refused ${rejected.length} documents, the first '${rejected[0]!.key}': ${rejected[0]!.reason}`)
    }
  }
  const { name, edges, vertices } = assetGraph
  if (part.collections.some((collection) => collection.name === edges)) await store.ensureGraph({ name, edgeCollection: edges, from: [vertices], to: [vertices] })
}
