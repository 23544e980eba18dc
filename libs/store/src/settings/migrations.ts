import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StreamForgeError } from '@streamforge/contracts'
import type { SqlDatabase } from './sql-database.ts'

/** A step from one version of the tables to the next. Its file never changes once it was released. */
export interface Migration {
  /** 1, 2, 3, ... */
  version: number
  name: string
  sql: string
  sha256: string
}

/** The migrations of a database, in order. @throws Error when their numbers have a gap */
export async function readMigrations(kind: SqlDatabase['kind'], folder = join(import.meta.dirname, 'migrations')): Promise<Migration[]> {
  const files = (await readdir(join(folder, kind))).filter((file) => file.endsWith('.sql')).sort()
  return Promise.all(files.map(async (file, i) => {
    const [, number, name] = /^(\d{4})-([a-z0-9-]+)\.sql$/.exec(file) ?? []
    if (Number(number) !== i + 1) throw new Error(`migration ${i + 1} of ${kind} is missing, or ${file} is wrongly named`)
    const sql = await readFile(join(folder, kind, file), 'utf8')
    return { version: i + 1, name: name!, sql, sha256: createHash('sha256').update(sql).digest('hex') }
  }))
}

/**
 * Which migrations are still to run on a database that has had `applied`.
 * @throws StreamForgeError BAD_CONFIG when it is newer than this program, or was made by other migrations
 */
export function planMigrations(applied: readonly Pick<Migration, 'version' | 'sha256'>[], known: readonly Migration[]): Migration[] {
  const newest = Math.max(0, ...applied.map(({ version }) => version))
  if (newest > known.length) {
    throw new StreamForgeError('BAD_CONFIG', `the settings are of version ${newest}, and this program knows ${known.length}`, {
      remedy: 'start the newer version of StreamForge again; there is no way back',
    })
  }
  const hashes = new Map(applied.map(({ version, sha256 }) => [version, sha256]))
  const others = known.filter(({ version, sha256 }) => version <= newest && hashes.get(version) !== sha256)
  if (others.length === 0) return known.slice(newest)
  throw new StreamForgeError('BAD_CONFIG', `the settings were made by another migration ${others[0]!.version} than ours`, {
    remedy: 'give this version of StreamForge a database of its own',
  })
}

/** Brings the tables up to date: all or nothing, and one process at a time; the others then find nothing to do. */
export async function migrate(database: SqlDatabase, known: readonly Migration[], now: () => number): Promise<void> {
  await database.alone(async (query, execute) => {
    await execute('CREATE TABLE IF NOT EXISTS streamforge_migrations (version integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at bigint NOT NULL)')
    const applied = (await query('SELECT version, sha256 FROM streamforge_migrations ORDER BY version'))
      .map(({ version, sha256 }) => ({ version: Number(version), sha256: String(sha256) }))
    for (const { version, name, sql, sha256 } of planMigrations(applied, known)) {
      await execute(sql)
      await query('INSERT INTO streamforge_migrations (version, name, sha256, applied_at) VALUES ($1, $2, $3, $4)', [version, name, sha256, now()])
    }
  })
}
