import type { BackupManifest } from '@streamforge/contracts'
import { contentName } from './content-pool.ts'
import { manifestContents } from './manifest-contents.ts'

/** A line a backup. Pure. */
export function summary(manifests: readonly BackupManifest[]): string {
  if (manifests.length === 0) return 'no backups'
  return manifests.map((manifest) => {
    const { id, version, documents, series, objects, settings, taken_at, finished_at } = manifest
    const rows = (list: readonly { rows: number }[]) => list.reduce((sum, part) => sum + part.rows, 0)
    const parts = [
      documents && `${rows(documents.collections)} documents in ${documents.collections.length} collections`,
      series && `${rows(series.measurements)} points`, objects && `${objects.objects.length} objects`, settings && `${settings.rows} settings`,
    ].filter((part) => part !== undefined)
    return `${id}  v${version}  ${sizeOf(manifest)} MB  ${((finished_at - taken_at) / 1000).toFixed(1)} s  ${parts.join(', ')}`
  }).join('\n')
}

/** Megabytes of content before it is packed, each piece once. */
function sizeOf(manifest: BackupManifest): string {
  const pieces = new Map([...manifestContents(manifest)].map(({ content }) => [contentName(content), content.bytes]))
  return ([...pieces.values()].reduce((sum, bytes) => sum + bytes, 0) / 1e6).toFixed(1)
}
