import { type FSWatcher, watch } from 'node:fs'

/**
 * Hears once of a write to a SQLite file in WAL mode, by any process, from the system's notice of file changes. Undefined where there is none
 * (too many files watched): whoever listens must look from time to time all the same.
 */
export function hearNextWrite(path: string, heard: () => void): { close(): void } | undefined {
  try {
    // It exists as long as somebody has the database open.
    const watcher: FSWatcher = watch(`${path}-wal`, { persistent: false })
    const end = () => {
      watcher.close()
      heard()
    }
    watcher.once('change', end).once('error', end)
    return watcher
  } catch {
    return undefined
  }
}
