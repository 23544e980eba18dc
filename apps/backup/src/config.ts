import { join } from 'node:path'
import { StreamForgeError } from '@streamforge/contracts'
import type { ObjectsConfig } from '@streamforge/objects'
import type { ConfigOf } from '@streamforge/service'
import { z } from 'zod'

/** Beside what every service reads: where backups go. */
export const Config = {
  POSTGRES_URL: z.string().optional().describe('postgresql://user:password@host:5432/database, where settings are; absent: <DATA_DIR>/settings.db'),
  BACKUP_DIR: z.string().optional().describe('a folder for backups, where there is no S3 for them'),
  BACKUP_S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional().describe('an http or https address'),
  BACKUP_S3_BUCKET: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/).default('streamforge-backups').describe('a bucket name: 3 to 63 of a-z, 0-9, - and inner dots'),
  BACKUP_S3_REGION: z.string().regex(/^[a-z0-9-]{1,64}$/).default('us-east-1').describe('a region'),
  BACKUP_S3_ACCESS_KEY: z.string().optional().describe('an access key'),
  BACKUP_S3_SECRET_KEY: z.string().optional().describe("the access key's secret key"),
}
export type BackupConfig = ConfigOf<typeof Config>

/** Where backups go. @throws StreamForgeError BAD_CONFIG */
export function vaultConfig(config: BackupConfig): ObjectsConfig {
  const { BACKUP_S3_ENDPOINT: endpoint, BACKUP_S3_BUCKET: bucket, BACKUP_S3_REGION: region, BACKUP_S3_ACCESS_KEY: accessKey, BACKUP_S3_SECRET_KEY: secretKey } = config
  if (endpoint === undefined) return { kind: 'embedded', directory: config.BACKUP_DIR ?? join(config.DATA_DIR, '..', 'streamforge-backups') }
  if (accessKey === undefined || secretKey === undefined) {
    throw new StreamForgeError('BAD_CONFIG', 'BACKUP_S3_ENDPOINT is set, and the keys for it are not', { remedy: 'set BACKUP_S3_ACCESS_KEY and BACKUP_S3_SECRET_KEY' })
  }
  if (config.OBJECTS === 's3' && bucket === config.S3_BUCKET && config.S3_ENDPOINT !== undefined && new URL(endpoint).host === new URL(config.S3_ENDPOINT).host) {
    throw new StreamForgeError('BAD_CONFIG', `backups would go into the bucket '${bucket}' that they are of`, { remedy: 'give BACKUP_S3_BUCKET another name, better on another server' })
  }
  return { kind: 's3', endpoint, bucket, region, accessKey, secretKey }
}
