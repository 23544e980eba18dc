import { type BackupManifest, StreamForgeError } from '@streamforge/contracts'
import type { ObjectStore } from '@streamforge/objects'
import type { ContentPool, ContentSink } from './content-pool.ts'
import { notEmpty } from './not-empty.ts'

type Part = NonNullable<BackupManifest['objects']>

export async function takeObjects(store: ObjectStore, sink: ContentSink): Promise<Part> {
  const objects: Part['objects'] = []
  for await (const { name, size, checksum, metadata } of store.list()) {
    try {
      const content = await sink.addBytes(checksum.slice('sha256:'.length), size, () => store.stream(name))
      objects.push({ name, metadata: { ...metadata }, content })
    } catch (error) {
      // Deleted since it was listed.
      if (!(error instanceof StreamForgeError && error.code === 'OBJECT_NOT_FOUND')) throw error
    }
  }
  objects.sort((a, b) => (a.name < b.name ? -1 : 1))
  return { from: store.kind, objects }
}

/** @throws StreamForgeError CONFLICT when something is there and may not be replaced */
export async function clearObjects(store: ObjectStore, force: boolean): Promise<void> {
  const names: string[] = []
  for await (const { name } of store.list()) {
    if (!force) throw notEmpty(`the object store has '${name}'`)
    names.push(name)
  }
  for (const name of names) await store.delete(name)
}

export async function restoreObjects(store: ObjectStore, part: Part, pool: ContentPool): Promise<void> {
  for (const { name, metadata, content } of part.objects) await store.put(name, await pool.readBytes(content), metadata)
}
