import { type BackupManifest, type BackupPart, backupParts } from '@streamforge/contracts'
import type { ObjectStore } from '@streamforge/objects'
import { type ContentSink, openContentPool } from './content-pool.ts'
import { takeDocuments } from './documents-part.ts'
import { takeObjects } from './objects-part.ts'
import type { PlatformData } from './platform-data.ts'
import { takeSeries } from './series-part.ts'
import { takeSettings } from './settings-part.ts'
import { backupId, writeManifest } from './vault.ts'

export interface TakeOptions {
  /** Of StreamForge. */
  version: string
  parts?: readonly BackupPart[]
  now: () => number
  /** Told as each part begins. */
  say?: (part: BackupPart) => void
}

/** Takes a backup of the platform's data, which may go on changing. Stopped half-way it leaves pieces, and no backup. */
export async function takeBackup(data: PlatformData, vault: ObjectStore, options: TakeOptions): Promise<BackupManifest> {
  const taken_at = options.now()
  const parts = await takeParts(data, openContentPool(vault), options.parts, options.say)
  const manifest: BackupManifest = { format: 1, id: backupId(taken_at), version: options.version, taken_at, finished_at: options.now(), ...parts }
  await writeManifest(vault, manifest)
  return manifest
}

type Parts = Pick<BackupManifest, BackupPart>

/** Objects last: what documents say of a model is read before its files, which never change. */
export async function takeParts(data: PlatformData, sink: ContentSink, wanted: readonly BackupPart[] = backupParts, say?: (part: BackupPart) => void): Promise<Parts> {
  const parts: Parts = {}
  const take = async (part: BackupPart, work: () => Promise<void>) => {
    if (!wanted.includes(part)) return
    say?.(part)
    await work()
  }
  await take('settings', async () => void (parts.settings = await takeSettings(data.settings, sink)))
  await take('documents', async () => void (parts.documents = await takeDocuments(data.documents, sink)))
  await take('series', async () => void (parts.series = await takeSeries(data.series, sink)))
  await take('objects', async () => void (parts.objects = await takeObjects(data.objects, sink)))
  return parts
}
