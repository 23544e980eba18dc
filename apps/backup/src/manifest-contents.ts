import type { BackupContent, BackupManifest, BackupPart } from '@streamforge/contracts'
import { contentName } from './content-pool.ts'

/** Every piece that a backup needs, with the part that needs it. */
export function* manifestContents(manifest: BackupManifest): Generator<{ part: BackupPart; of: string; content: BackupContent }> {
  for (const content of manifest.settings?.contents ?? []) yield { part: 'settings', of: 'settings', content }
  for (const { name, contents } of manifest.documents?.collections ?? []) for (const content of contents) yield { part: 'documents', of: name, content }
  for (const { name, contents } of manifest.series?.measurements ?? []) for (const content of contents) yield { part: 'series', of: name, content }
  for (const { name, content } of manifest.objects?.objects ?? []) yield { part: 'objects', of: name, content }
}

/** Names of pieces that no backup needs. Pure. */
export function unneeded(names: readonly string[], manifests: readonly BackupManifest[]): string[] {
  const needed = new Set(manifests.flatMap((manifest) => [...manifestContents(manifest)].map(({ content }) => contentName(content))))
  return names.filter((name) => !needed.has(name))
}

/** The same data, wherever it was taken and when: what is compared after a restore. Pure. */
export function differences(expected: BackupManifest, found: BackupManifest): string[] {
  const named = (manifest: BackupManifest) => {
    const hashes = new Map<string, string>()
    for (const { part, of, content } of manifestContents(manifest)) hashes.set(`${part} ${of}`, `${hashes.get(`${part} ${of}`) ?? ''} ${content.sha256}`)
    return hashes
  }
  const [a, b] = [named(expected), named(found)]
  return [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name)).sort()
}
