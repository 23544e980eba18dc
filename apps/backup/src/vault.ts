import { BackupManifest, BackupId, StreamForgeError } from '@streamforge/contracts'
import type { ObjectStore } from '@streamforge/objects'
import { damaged } from './content-pool.ts'

const manifestName = (id: string) => `backups/${id}/manifest.json`

/** `20260131T020000Z` */
export const backupId = (now: number) => new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')

export async function writeManifest(vault: ObjectStore, manifest: BackupManifest): Promise<void> {
  await vault.put(manifestName(manifest.id), Buffer.from(`${JSON.stringify(BackupManifest.parse(manifest))}\n`))
}

/** Ids of finished backups, the oldest first. */
export async function listBackups(vault: ObjectStore): Promise<string[]> {
  const ids: string[] = []
  for await (const { name } of vault.list('backups/')) {
    const [, id, file] = name.split('/')
    if (file === 'manifest.json' && BackupId.safeParse(id).success) ids.push(id!)
  }
  return ids.sort()
}

/** @param id or `latest` @throws StreamForgeError NOT_FOUND, BACKUP_DAMAGED */
export async function readManifest(vault: ObjectStore, id: string): Promise<BackupManifest> {
  const ids = await listBackups(vault)
  const wanted = id === 'latest' ? ids.at(-1) : id
  if (wanted === undefined || !ids.includes(wanted)) {
    throw new StreamForgeError('NOT_FOUND', wanted === undefined ? 'there is no backup' : `there is no backup '${wanted}'`, { remedy: 'npm run backup -- list shows those that there are' })
  }
  const text = (await vault.get(manifestName(wanted))).toString()
  const parsed = BackupManifest.safeParse(await Promise.resolve(text).then((json) => JSON.parse(json) as unknown).catch(() => undefined))
  if (!parsed.success) throw damaged(`the manifest of ${wanted} cannot be read`, parsed.error)
  return parsed.data
}

export async function deleteManifest(vault: ObjectStore, id: string): Promise<void> {
  await vault.delete(manifestName(id))
}
