import { type BackupManifest } from '@streamforge/contracts'
import type { ObjectStore } from '@streamforge/objects'
import { openContentPool } from './content-pool.ts'
import { manifestContents } from './manifest-contents.ts'

export interface Verified {
  pieces: number
  bytes: number
  rows: number
}

/** Reads every piece of a backup and computes its hash again. @throws StreamForgeError BACKUP_DAMAGED at the first that is missing or different */
export async function verifyBackup(vault: ObjectStore, manifest: BackupManifest): Promise<Verified> {
  const pool = openContentPool(vault)
  const verified = { pieces: 0, bytes: 0, rows: 0 }
  for (const { content } of manifestContents(manifest)) {
    if (content.rows === undefined) for await (const part of await pool.readBytes(content)) void part
    else await pool.readLines(content)
    verified.pieces++
    verified.bytes += content.bytes
    verified.rows += content.rows ?? 0
  }
  return verified
}
