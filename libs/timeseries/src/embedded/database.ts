import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { StreamForgeError } from '@streamforge/contracts'

export interface DatabaseOptions {
  file: string
  synchronous: 'NORMAL' | 'FULL'
  /** How long to go on asking for a lock that others hold, in milliseconds. */
  patienceMs: number
  random: () => number
}

const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6

// SQLite waits inside the call, which stops the event loop: hence only briefly, and longer between calls.
const settings = (synchronous: string) => `
  PRAGMA busy_timeout = 20;
  PRAGMA page_size = 8192;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = ${synchronous};
  PRAGMA cache_size = -8000;
  PRAGMA temp_store = MEMORY;
  PRAGMA journal_size_limit = 33554432;`

/** One connection to the file of series. Other processes may have it open too. */
export class SeriesDatabase {
  readonly #options: DatabaseOptions
  readonly #statements = new Map<string, StatementSync>()
  #sqlite: DatabaseSync | undefined

  private constructor(options: DatabaseOptions) {
    this.#options = options
  }

  /** @throws StreamForgeError STORE_UNAVAILABLE, STORE_CONFLICT */
  static async open(options: DatabaseOptions): Promise<SeriesDatabase> {
    const database = new SeriesDatabase(options)
    try {
      await mkdir(dirname(options.file), { recursive: true })
    } catch (cause) {
      throw new StreamForgeError('STORE_UNAVAILABLE', `the directory of ${options.file} cannot be made`, { cause })
    }
    await database.#patiently(() => {
      const sqlite = new DatabaseSync(options.file)
      try {
        sqlite.exec(settings(options.synchronous))
      } catch (error) {
        sqlite.close()
        throw error
      }
      database.#sqlite = sqlite
    })
    return database
  }

  /** The statement for this text, prepared at its first use. Only inside `read` and `write`. */
  statement(sql: string): StatementSync {
    let prepared = this.#statements.get(sql)
    if (!prepared) this.#statements.set(sql, prepared = this.#open().prepare(sql))
    return prepared
  }

  /** Only inside `write`. */
  execute(sql: string): void {
    this.#open().exec(sql)
  }

  read<T>(work: () => T): Promise<T> {
    return this.#patiently(work)
  }

  /** Runs `work` in a transaction that holds the write lock from its start; a busy file makes it run again. */
  write<T>(work: () => T): Promise<T> {
    return this.#patiently(() => {
      const sqlite = this.#open()
      sqlite.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        sqlite.exec('COMMIT')
        return result
      } catch (error) {
        if (sqlite.isTransaction) sqlite.exec('ROLLBACK')
        throw error
      }
    })
  }

  async #patiently<T>(work: () => T): Promise<T> {
    const { file, patienceMs, random } = this.#options
    const deadline = performance.now() + patienceMs
    for (;;) {
      try {
        return work()
      } catch (error) {
        const code = resultCode(error)
        if (code === undefined) throw error
        const busy = code === SQLITE_BUSY || code === SQLITE_LOCKED
        if (!busy) throw unusable(file, error)
        if (performance.now() > deadline) {
          throw new StreamForgeError('STORE_CONFLICT', `other processes kept ${file} locked for ${patienceMs} ms`, { cause: error, remedy: 'see which process holds it' })
        }
      }
      await sleep(1 + random() * 9)
    }
  }

  #open(): DatabaseSync {
    if (!this.#sqlite) throw new StreamForgeError('STORE_UNAVAILABLE', 'the time series were used after close()', { remedy: 'open them again' })
    return this.#sqlite
  }

  close(): void {
    this.#statements.clear()
    this.#sqlite?.close()
    this.#sqlite = undefined
  }
}

function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}

const unusable = (file: string, cause: unknown) => new StreamForgeError('STORE_UNAVAILABLE', `the file of series ${file} cannot be used: ${(cause as Error).message}`, {
  cause, remedy: 'check free space, permissions and that the file is an intact one of StreamForge',
})
