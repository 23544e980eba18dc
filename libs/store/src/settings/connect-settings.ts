import { migrate, readMigrations } from './migrations.ts'
import type { SettingsStore } from './settings-store.ts'
import type { SqlDatabase } from './sql-database.ts'
import { sqlSettings } from './sql-settings.ts'
import { openSqliteDatabase } from './sqlite-database.ts'

export type SettingsConfig =
  | { kind: 'sqlite'; file: string }
  | { kind: 'postgres'; url: string }

/** Connects, and brings the tables up to date. @throws StreamForgeError STORE_UNAVAILABLE, BAD_CONFIG */
export async function connectSettings(config: SettingsConfig, now: () => number = Date.now): Promise<SettingsStore> {
  return sqlSettings(await openSettingsDatabase(config, now), now)
}

/** The database under the settings, its tables up to date. @throws StreamForgeError STORE_UNAVAILABLE, BAD_CONFIG */
export async function openSettingsDatabase(config: SettingsConfig, now: () => number): Promise<SqlDatabase> {
  const database = config.kind === 'sqlite' ? await openSqliteDatabase(config.file)
    // Loaded only where it is used: a laptop does without the driver.
    : await (await import('./postgres-database.ts')).openPostgresDatabase(config.url)
  try {
    await migrate(database, await readMigrations(database.kind), now)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}
