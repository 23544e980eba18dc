import { type FSWatcher, watch } from 'node:fs'

/**
 * Hears of writes to a SQLite file in WAL mode, by any process, from the system's notice of file changes. Where there is none (some network file systems,
 * too many files watched) nothing is heard: whoever listens must look from time to time all the same.
 */
export function hearWrites(path: string, heard: () => void): { close(): void } {
  let watcher: FSWatcher | undefined
  const close = () => {
    watcher?.close()
    watcher = undefined
  }
  try {
    // It exists as long as somebody has the database open.
    watcher = watch(`${path}-wal`, { persistent: false }, heard)
    watcher.on('error', close)
  } catch {
    close()
  }
  return { close }
}
