import { SettingRow } from '@streamforge/contracts'
import { openSettingsDatabase, type SettingsConfig } from './connect-settings.ts'
import type { SqlDatabase } from './sql-database.ts'

/** Everybody's settings, for backup and restore: people's own are read through SettingsStore. */
export interface AllSettings {
  readonly kind: 'sqlite' | 'postgres'
  /** All rows as they are at one instant, sorted by owner, kind and name. */
  read(): Promise<SettingRow[]>
  /** Replaces everything by these rows: all of it or nothing. */
  replace(rows: readonly SettingRow[]): Promise<void>
  close(): Promise<void>
}

/** Connects, and brings the tables up to date. @throws StreamForgeError STORE_UNAVAILABLE, BAD_CONFIG */
export async function openAllSettings(config: SettingsConfig, now: () => number = Date.now): Promise<AllSettings> {
  const database = await openSettingsDatabase(config, now)
  return {
    kind: database.kind,
    read: async () => (await database.query('SELECT owner, kind, name, version, CAST(value AS text) AS value, updated_at FROM streamforge_settings'))
      .map((row) => SettingRow.parse({ ...row })).sort(byIdentity),
    replace: (rows) => database.alone(async (query) => {
      await query('DELETE FROM streamforge_settings')
      for (const row of rows) await query(insertion(database.kind), [row.owner, row.kind, row.name, row.version, row.value, row.updated_at])
    }),
    close: () => database.close(),
  }
}

const insertion = (kind: SqlDatabase['kind']) => `
  INSERT INTO streamforge_settings (owner, kind, name, version, value, updated_at)
  VALUES ($1, $2, $3, $4, ${kind === 'postgres' ? 'CAST($5 AS json)' : '$5'}, $6)`

const identity = ({ owner, kind, name }: SettingRow) => JSON.stringify([owner, kind, name])
const byIdentity = (a: SettingRow, b: SettingRow) => (identity(a) < identity(b) ? -1 : 1)
