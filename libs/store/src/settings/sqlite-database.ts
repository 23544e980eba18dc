import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { StreamForgeError } from '@streamforge/contracts'
import { storeClosed } from '../names.ts'
import type { Query, SqlDatabase } from './sql-database.ts'

/** Settings are few and small: waiting for another process inside a call is no harm. */
const BUSY_TIMEOUT_MS = 5000

/** @throws StreamForgeError STORE_UNAVAILABLE */
export async function openSqliteDatabase(file: string): Promise<SqlDatabase> {
  const unavailable = (cause: unknown) => new StreamForgeError('STORE_UNAVAILABLE', `the settings' file ${file} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause, remedy: 'check free space, permissions and that the file is an intact SQLite database',
  })
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw error instanceof StreamForgeError ? error : unavailable(error)
    }
  }
  await mkdir(dirname(file), { recursive: true }).catch((error: unknown) => {
    throw unavailable(error)
  })
  const sqlite = guarded(() => new DatabaseSync(file))
  let open = true
  const close = () => {
    if (open) sqlite.close()
    open = false
  }
  try {
    guarded(() => sqlite.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`))
  } catch (error) {
    close()
    throw error
  }
  const query: Query = async (sql, parameters = []) => guarded(() => {
    if (!open) throw storeClosed()
    return sqlite.prepare(sql.replaceAll(/\$(\d+)/g, '?$1')).all(...parameters as SQLInputValue[])
  })
  const execute = async (sql: string) => guarded(() => sqlite.exec(sql))
  return {
    kind: 'sqlite', query,
    async alone(work) {
      await execute('BEGIN IMMEDIATE')
      try {
        await work(query, execute)
        await execute('COMMIT')
      } catch (error) {
        if (sqlite.isTransaction) sqlite.exec('ROLLBACK')
        throw error
      }
    },
    async close() {
      close()
    },
  }
}
