import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { StreamForgeError } from '@streamforge/contracts'
import { connectObjects, type ObjectStore } from '@streamforge/objects'
import { type BaseConfig, objectsConfig, seriesConfig, storeConfig } from '@streamforge/service'
import { type AllSettings, connectStore, openAllSettings, type SettingsConfig, type Store } from '@streamforge/store'
import { connectTimeSeries, type TimeSeries } from '@streamforge/timeseries'

/** All that a platform keeps; what is in topics is on its way to here. */
export interface PlatformData {
  settings: AllSettings
  documents: Store
  series: TimeSeries
  objects: ObjectStore
  close(): Promise<void>
}

export type DataConfig = BaseConfig & { POSTGRES_URL?: string | undefined }

const settingsConfig = (config: DataConfig): SettingsConfig =>
  (config.POSTGRES_URL === undefined ? { kind: 'sqlite', file: join(config.DATA_DIR, 'settings.db') } : { kind: 'postgres', url: config.POSTGRES_URL })

/** The platform's own data, to be written. */
export function openPlatformData(config: DataConfig): Promise<PlatformData> {
  return openAll(config, async (file) => file)
}

/**
 * The platform's data to be read while it runs on: of what lies in SQLite files, a copy of one instant in a temporary folder.
 * @throws StreamForgeError STORE_UNAVAILABLE, BAD_CONFIG
 */
export async function openPlatformSnapshot(config: DataConfig): Promise<PlatformData> {
  const folder = await mkdtemp(join(tmpdir(), 'streamforge-backup-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const data = await openAll(config, (file) => copyDatabase(file, join(folder, basename(file))))
    return { ...data, close: () => data.close().finally(remove) }
  } catch (error) {
    await remove()
    throw error
  }
}

async function openAll(config: DataConfig, fileOf: (file: string) => Promise<string>): Promise<PlatformData> {
  const opened: { close(): Promise<void> }[] = []
  const close = async () => {
    for (const part of opened.splice(0)) await part.close()
  }
  const keep = <T extends { close(): Promise<void> }>(part: T) => {
    opened.push(part)
    return part
  }
  try {
    const [settings, store, series] = [settingsConfig(config), storeConfig(config), seriesConfig(config)]
    return {
      settings: keep(await openAllSettings(settings.kind === 'sqlite' ? { ...settings, file: await fileOf(settings.file) } : settings)),
      documents: keep(await connectStore(store.kind === 'embedded' ? { ...store, file: await fileOf(store.file) } : store)),
      series: keep(await connectTimeSeries(series.kind === 'embedded' ? { ...series, file: await fileOf(series.file) } : series)),
      objects: keep(await connectObjects(objectsConfig(config))),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** More pages than any file has: all are copied in one step, under one read lock, so that writers never make it begin again. */
const allPages = 2 ** 31 - 1

/** SQLite's online backup; a file that is not there gives none. */
async function copyDatabase(file: string, copy: string): Promise<string> {
  if (!existsSync(file)) return copy
  try {
    using source = new DatabaseSync(file)
    source.exec('PRAGMA busy_timeout = 10000')
    await backup(source, copy, { rate: allPages })
    return copy
  } catch (cause) {
    throw new StreamForgeError('STORE_UNAVAILABLE', `${file} cannot be copied: ${(cause as Error).message}`, { cause, remedy: 'check free space in the temporary folder, and that the file is intact' })
  }
}
