import { type BackupManifest, type BackupPart, backupParts, StreamForgeError } from '@streamforge/contracts'
import type { ObjectStore } from '@streamforge/objects'
import { hashingSink, openContentPool, type ContentPool } from './content-pool.ts'
import { clearDocuments, restoreDocuments } from './documents-part.ts'
import { differences } from './manifest-contents.ts'
import { clearObjects, restoreObjects } from './objects-part.ts'
import type { PlatformData } from './platform-data.ts'
import { checkSeriesEmpty, missingPoints, restoreSeries } from './series-part.ts'
import { checkSettingsEmpty, restoreSettings } from './settings-part.ts'
import { takeParts } from './take-backup.ts'
import { verifyBackup } from './verify-backup.ts'

export interface RestoreOptions {
  parts?: readonly BackupPart[]
  /** Deletes what is there first. */
  force?: boolean
  say?: (what: string) => void
}

/**
 * Restores a backup, and reads all of it again to see that it is what was taken.
 * @throws StreamForgeError BACKUP_DAMAGED before anything is changed; CONFLICT when something is there already; RESTORE_DIFFERS
 */
export async function restoreBackup(data: PlatformData, vault: ObjectStore, manifest: BackupManifest, options: RestoreOptions = {}): Promise<void> {
  const { force = false, say = () => undefined } = options
  const wanted = (options.parts ?? backupParts).filter((part) => manifest[part] !== undefined)
  const chosen = { ...manifest, ...Object.fromEntries(backupParts.filter((part) => !wanted.includes(part)).map((part) => [part, undefined])) } as BackupManifest
  const pool = openContentPool(vault)
  say('checking the backup')
  await verifyBackup(vault, chosen)
  await clear(data, wanted, force)
  for (const part of wanted) {
    say(`restoring ${part}`)
    await restorePart(data, part, chosen, pool)
  }
  say('comparing')
  await compare(data, chosen, wanted, force, pool)
}

/** @throws StreamForgeError CONFLICT when something is there and force is not given */
async function clear(data: PlatformData, wanted: readonly BackupPart[], force: boolean): Promise<void> {
  if (wanted.includes('settings')) await checkSettingsEmpty(data.settings, force)
  if (wanted.includes('series')) await checkSeriesEmpty(data.series, force)
  // Without force these two delete nothing but empty collections, and the first that is filled ends it.
  if (wanted.includes('objects')) await clearObjects(data.objects, force)
  if (wanted.includes('documents')) await clearDocuments(data.documents, force)
}

async function restorePart(data: PlatformData, part: BackupPart, manifest: BackupManifest, pool: ContentPool): Promise<void> {
  switch (part) {
    case 'settings': return restoreSettings(data.settings, manifest.settings!, pool)
    case 'documents': return restoreDocuments(data.documents, manifest.documents!, pool)
    case 'series': return restoreSeries(data.series, manifest.series!, pool)
    case 'objects': return restoreObjects(data.objects, manifest.objects!, pool)
    default: return part satisfies never
  }
}

/** With force the series may hold more than the backup has: there every point of the backup is looked for. */
async function compare(data: PlatformData, manifest: BackupManifest, wanted: readonly BackupPart[], force: boolean, pool: ContentPool): Promise<void> {
  const exact = wanted.filter((part) => !(force && part === 'series'))
  const found = { ...manifest, series: undefined, ...await takeParts(data, hashingSink, exact) } as BackupManifest
  const expected = { ...manifest, ...(exact.includes('series') ? {} : { series: undefined }) } as BackupManifest
  const different = differences(expected, found)
  if (force && manifest.series && wanted.includes('series')) different.push(...await missingPoints(data.series, manifest.series, pool))
  if (different.length === 0) return
  throw new StreamForgeError('RESTORE_DIFFERS', `what was restored is not what was taken: ${different.slice(0, 10).join(', ')}`, {
    remedy: 'stop whatever writes to the target, then restore again with --force', details: { different },
  })
}
