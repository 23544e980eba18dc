import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { StreamForgeError } from '@streamforge/contracts'

/** NORMAL: what is committed survives the death of any process. FULL: the loss of power too. */
export type Synchronous = 'NORMAL' | 'FULL'

/** How long a statement may block this process on another's lock; longer waits yield to the event loop between tries. */
const BLOCKING_WAIT_MS = 40
/** How long a lock may be waited for in all: longer than any process holds one, unless it was paused while holding it. */
const TOTAL_WAIT_MS = 20_000
const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
/**
 * What a full disk makes of SQLITE_IOERR (extended codes): of a write that a quota or a limit of size refuses, of one whose place is only sought
 * when it is synced, and of the index of the write-ahead log when it cannot grow. All else is SQLITE_FULL (os_unix.c).
 */
const NO_SPACE_IOERRS = { WRITE: 778, FSYNC: 1034, SHMSIZE: 4874 }

export interface DatabaseOptions {
  synchronous: Synchronous
  create: boolean
  /** Of a file that is made, in bytes. */
  pageSize?: number
  /** Pages in the write-ahead log from which on a commit brings them into the file, and waits for the disk; default 500. */
  checkpointPages?: number
}

/** Opens a file in WAL mode. Without `create`, a missing file is an error that {@link isMissingFile} knows. */
export function openDatabase(path: string, options: DatabaseOptions): DatabaseSync {
  const url = new URL(`${pathToFileURL(path).href}?mode=${options.create ? 'rwc' : 'rw'}`)
  const database = new DatabaseSync(url, { timeout: BLOCKING_WAIT_MS })
  return closingOnError(database, () => {
    if (options.create && options.pageSize) database.exec(`PRAGMA page_size = ${options.pageSize}`)
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = ${options.synchronous};
      PRAGMA cache_size = -2048;
      PRAGMA wal_autocheckpoint = ${options.checkpointPages ?? 500};
      PRAGMA journal_size_limit = 33554432`)
    return database
  })
}

/** What is tried again while a file is locked must not leave a connection behind with every try. */
export function closingOnError<T>(database: DatabaseSync, work: () => T): T {
  try {
    return work()
  } catch (error) {
    database.close()
    throw error
  }
}

/** With the bits that tell SQLite's errors of one kind apart. */
const extendedCode = (error: unknown) => (error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined)
const resultCode = (error: unknown) => {
  const code = extendedCode(error)
  return code === undefined ? undefined : code & 0xff
}

export const isBusy = (error: unknown) => [SQLITE_BUSY, SQLITE_LOCKED].includes(resultCode(error) ?? -1)
/** No byte more can be written now, which may pass; a disk or a file that is broken does not. */
export function isOutOfSpace(error: unknown): boolean {
  if (error instanceof StreamForgeError) return isOutOfSpace(error.cause)
  return resultCode(error) === SQLITE_FULL || Object.values(NO_SPACE_IOERRS).includes(extendedCode(error) ?? -1)
}
export const isMissingFile = (error: unknown) => resultCode(error) === SQLITE_CANTOPEN

/** Runs `work` in one write transaction: all of it or, when it throws, nothing. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/**
 * Runs `work` again while another process holds the lock it needs.
 * @throws StreamForgeError BUS_UNAVAILABLE when the lock stays held or SQLite fails (disk full, file damaged)
 */
export async function withLockRetry<T>(what: string, work: () => T): Promise<T> {
  const giveUpAt = performance.now() + TOTAL_WAIT_MS
  for (let attempt = 0; ; attempt++) {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw toBusError(what, error)
    }
    // Pauses of uneven length, so that processes that wait for each other do not stay in step.
    await sleep(2 + (attempt * 7 + process.pid) % 13)
  }
}

/** Coded errors pass; SQLite's own become BUS_UNAVAILABLE. */
export function toBusError(what: string, error: unknown): unknown {
  if (resultCode(error) === undefined) return error
  return new StreamForgeError('BUS_UNAVAILABLE', `the embedded bus could not ${what}: ${(error as Error).message}`, {
    cause: error,
    remedy: 'Check that the data directory is writable, has space, and that no paused process holds its files',
  })
}
