import { z } from 'zod'
import { CollectionName } from './names.ts'
import { MeasurementName } from './series.ts'

export const BackupId = z.string().regex(/^\d{8}T\d{6}Z$/).describe('When it was begun, in UTC: 20260131T020000Z')

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** One piece of what is kept. Backups share those that are the same: what did not change is stored once. */
export const BackupContent = z.strictObject({
  sha256: Sha256.describe('Of the content itself, before it was packed'),
  bytes: z.int().nonnegative().describe('Of the content itself'),
  rows: z.int().nonnegative().optional().describe('Lines of it; absent: it is an object of bytes'),
})
export type BackupContent = z.infer<typeof BackupContent>

const Rows = { rows: z.int().nonnegative(), contents: z.array(BackupContent).describe('In order; JSON lines, fields sorted by name') }

export const backupParts = ['settings', 'documents', 'series', 'objects'] as const
export type BackupPart = (typeof backupParts)[number]

/** `backups/<id>/manifest.json`: written last, so that a backup that has none was never finished. */
export const BackupManifest = z.strictObject({
  format: z.literal(1),
  id: BackupId,
  version: z.string().describe('Of StreamForge'),
  taken_at: z.int().positive().describe('Milliseconds since the epoch: everything that was stored then is in it'),
  finished_at: z.int().positive(),
  settings: z.strictObject({ from: z.enum(['sqlite', 'postgres']), ...Rows }).optional().describe('A part that is absent was left out when it was taken'),
  documents: z.strictObject({
    from: z.enum(['embedded', 'remote', 'arango']),
    collections: z.array(z.strictObject({ name: CollectionName, kind: z.enum(['document', 'edge']), ...Rows })),
  }).optional(),
  series: z.strictObject({
    from: z.enum(['embedded', 'influx']),
    measurements: z.array(z.strictObject({ name: MeasurementName, ...Rows })),
  }).optional(),
  objects: z.strictObject({
    from: z.enum(['embedded', 's3']),
    objects: z.array(z.strictObject({ name: z.string().min(1), metadata: z.record(z.string(), z.string()), content: BackupContent })),
  }).optional(),
})
export type BackupManifest = z.infer<typeof BackupManifest>

/** A person's setting as its table has it, deleted ones too: their versions go on counting. */
export const SettingRow = z.strictObject({
  owner: z.string(), kind: z.string(), name: z.string(),
  version: z.coerce.number().int().positive(),
  value: z.string().nullable().describe('JSON text; null: deleted'),
  updated_at: z.coerce.number().int(),
})
export type SettingRow = z.infer<typeof SettingRow>
