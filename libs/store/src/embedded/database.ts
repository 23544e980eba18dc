import { mkdir } from 'node:fs/promises'
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { StreamForgeError } from '@streamforge/contracts'
import { storeClosed } from '../names.ts'
import { fromSqlite, isBusy } from './errors.ts'

export interface DatabaseOptions {
  file: string
  /** NORMAL survives the death of any process, FULL the loss of power too. */
  synchronous: 'NORMAL' | 'FULL'
  /** How long to go on asking for a lock that others hold, in milliseconds. */
  patienceMs: number
  random: () => number
}

/** SQLite waits so long inside a call, which stops the event loop; longer waits happen between calls. */
const BLOCKING_WAIT_MS = 20
/** Writers that never pause keep SQLite from reusing its log; past this size one of them makes room. */
const LARGEST_LOG_BYTES = 128 * 1024 * 1024
const LOG_CHECK_EVERY = 16
const STATEMENTS_KEPT = 256

// Measured with candles of 390 bytes in batches of 5000: tables without rowid on pages of 16 KiB were the fastest to scan
// and to write in key order, and need no second tree for the key.
const settings = (synchronous: string) => `
  PRAGMA busy_timeout = ${BLOCKING_WAIT_MS};
  PRAGMA page_size = 16384;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = ${synchronous};
  PRAGMA cache_size = -8000;
  PRAGMA temp_store = MEMORY;
  PRAGMA journal_size_limit = 33554432;`

/** One connection to the store's file: transactions that wait for other processes, and statements prepared once. */
export class Database {
  readonly #options: DatabaseOptions
  readonly #statements = new Map<string, StatementSync>()
  #sqlite: DatabaseSync | undefined
  #commits = 0

  private constructor(options: DatabaseOptions) {
    this.#options = options
  }

  /** @throws StreamForgeError STORE_UNAVAILABLE */
  static async open(options: DatabaseOptions): Promise<Database> {
    const database = new Database(options)
    try {
      await mkdir(dirname(options.file), { recursive: true })
    } catch (error) {
      throw new StreamForgeError('STORE_UNAVAILABLE', `the directory of ${options.file} cannot be made`, { cause: error })
    }
    await database.#patiently(() => database.#connect())
    return database
  }

  #connect(): void {
    const sqlite = new DatabaseSync(this.#options.file)
    try {
      sqlite.exec(settings(this.#options.synchronous))
    } catch (error) {
      sqlite.close()
      throw error
    }
    this.#sqlite = sqlite
  }

  /** The statement for this text, prepared at its first use. Only inside `read` and `write`. */
  statement(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known) return known
    const prepared = this.#open().prepare(sql)
    if (this.#statements.size >= STATEMENTS_KEPT) this.#statements.delete(this.#statements.keys().next().value!)
    this.#statements.set(sql, prepared)
    return prepared
  }

  /** Statements without a result, such as CREATE TABLE. Only inside `write`. */
  execute(sql: string): void {
    this.#open().exec(sql)
  }

  read<T>(work: () => T): Promise<T> {
    return this.#patiently(work)
  }

  /** Runs `work` in a transaction that holds the write lock from its start. Keep it short: others wait. */
  async write<T>(work: () => T): Promise<T> {
    const result = await this.#patiently(() => this.#transaction(work))
    if (++this.#commits % LOG_CHECK_EVERY === 0) this.#limitLog()
    return result
  }

  #transaction<T>(work: () => T): T {
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
  }

  async #patiently<T>(work: () => T): Promise<T> {
    const { file, patienceMs, random } = this.#options
    const deadline = performance.now() + patienceMs
    for (;;) {
      try {
        return work()
      } catch (error) {
        if (!isBusy(error)) throw fromSqlite(error, file)
        if (performance.now() > deadline) {
          throw new StreamForgeError('STORE_CONFLICT', `other processes kept ${file} locked for ${patienceMs} ms`, {
            cause: error, remedy: 'see which process holds the file open in a transaction',
          })
        }
      }
      await sleep(1 + random() * 9)
    }
  }

  #limitLog(): void {
    try {
      if (statSync(`${this.#options.file}-wal`).size > LARGEST_LOG_BYTES) this.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // No log file, or readers in the way: the next check tries again.
    }
  }

  #open(): DatabaseSync {
    if (!this.#sqlite) throw storeClosed()
    return this.#sqlite
  }

  close(): void {
    this.#statements.clear()
    this.#sqlite?.close()
    this.#sqlite = undefined
  }
}
