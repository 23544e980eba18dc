import { StreamForgeError } from '@streamforge/contracts'
import { collectionNotFound } from '../names.ts'

const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6

function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}

/** Another process holds the lock now; trying again later is right. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return code === SQLITE_BUSY || code === SQLITE_LOCKED
}

/** SQLite's own error as one with a code; everything else passes unchanged. */
export function fromSqlite(error: unknown, file: string): unknown {
  const code = resultCode(error)
  if (code === undefined || !(error instanceof Error)) return error
  const missing = /^no such table: c_(.*)$/.exec(error.message)
  if (missing) return collectionNotFound(missing[1]!, error)
  return new StreamForgeError('STORE_UNAVAILABLE', `the store's file ${file} cannot be used: ${error.message}`, {
    cause: error, remedy: 'check free space, permissions and that the file is an intact StreamForge store', details: { sqlite: code },
  })
}
