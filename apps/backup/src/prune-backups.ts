import type { ObjectStore } from '@streamforge/objects'
import { unneeded } from './manifest-contents.ts'
import { deleteManifest, listBackups, readManifest } from './vault.ts'

/** Pieces younger than this may be of a backup that is being taken. */
const youngMs = 86_400_000

/** Keeps the newest backups; deletes the older ones, then the pieces that none needs. Resolves with how many of each went. */
export async function pruneBackups(vault: ObjectStore, keep: number, now: () => number): Promise<{ backups: number; pieces: number }> {
  const ids = await listBackups(vault)
  const going = ids.slice(0, Math.max(0, ids.length - keep))
  for (const id of going) await deleteManifest(vault, id)
  const names: string[] = []
  for await (const { name, modifiedAt } of vault.list('content/')) if (modifiedAt < now() - youngMs) names.push(name)
  const manifests = await Promise.all((await listBackups(vault)).map((id) => readManifest(vault, id)))
  const pieces = unneeded(names, manifests)
  for (const name of pieces) await vault.delete(name)
  return { backups: going.length, pieces: pieces.length }
}
