import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { migrate, readMigrations, type Migration } from './migrations.ts'
import type { SqlDatabase } from './sql-database.ts'
import { sqlSettings } from './sql-settings.ts'

const now = () => 1_722_470_400_000
const step = (version: number, sql: string): Migration => ({ version, name: `step-${version}`, sql, sha256: createHash('sha256').update(sql).digest('hex') })
const steps = [
  step(1, 'CREATE TABLE steps (n integer PRIMARY KEY); INSERT INTO steps VALUES (1)'),
  step(2, 'INSERT INTO steps VALUES (2); ALTER TABLE steps ADD COLUMN said text'),
  step(3, "UPDATE steps SET said = 'yes'; INSERT INTO steps VALUES (3, 'new')"),
]

/** How tables come up to date, on a real database. `fresh` resolves with two handles on an empty one. */
export function migrationsContract(kind: SqlDatabase['kind'], fresh: () => Promise<[SqlDatabase, SqlDatabase]>): void {
  const withDatabases = (work: (a: SqlDatabase, b: SqlDatabase) => Promise<void>) => async () => {
    const [a, b] = await fresh()
    try {
      await work(a, b)
    } finally {
      await a.close()
      await b.close()
    }
  }
  const applied = async (database: SqlDatabase) => (await database.query('SELECT version FROM streamforge_migrations ORDER BY version')).map(({ version }) => Number(version))

  describe(`migrations: ${kind}`, () => {
    it.each([1, 2, 3])('goes on from version %i of three', (from) => withDatabases(async (a) => {
      await migrate(a, steps.slice(0, from), now)
      await migrate(a, steps, now)
      await migrate(a, steps, now)
      expect(await applied(a)).toEqual([1, 2, 3])
      expect((await a.query('SELECT n, said FROM steps ORDER BY n')).map((row) => ({ ...row }))).toEqual([{ n: 1, said: 'yes' }, { n: 2, said: 'yes' }, { n: 3, said: 'new' }])
    })())

    it('undoes all of them when one fails, and runs them when it is mended', withDatabases(async (a) => {
      await migrate(a, steps.slice(0, 1), now)
      await expect(migrate(a, [steps[0]!, steps[1]!, step(3, 'INSERT INTO nowhere VALUES (1)')], now)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      expect(await applied(a)).toEqual([1])
      expect(await a.query('SELECT n FROM steps')).toHaveLength(1)
      await migrate(a, steps, now)
      expect(await applied(a)).toEqual([1, 2, 3])
    }))

    it('runs each once when several start at the same time', withDatabases(async (a, b) => {
      await Promise.all([migrate(a, steps, now), kind === 'postgres' ? migrate(b, steps, now) : undefined])
      await migrate(b, steps, now)
      expect(await applied(b)).toEqual([1, 2, 3])
    }))

    it('refuses a newer database, and one made by other migrations', withDatabases(async (a) => {
      await migrate(a, steps, now)
      await expect(migrate(a, steps.slice(0, 2), now)).rejects.toMatchObject({ code: 'BAD_CONFIG', message: expect.stringContaining('version 3') as string })
      await expect(migrate(a, [steps[0]!, step(2, 'SELECT 2'), steps[2]!], now)).rejects.toMatchObject({ code: 'BAD_CONFIG', message: expect.stringContaining('migration 2') as string })
      expect(await applied(a)).toEqual([1, 2, 3])
    }))

    it('brings what every released version has stored to the newest one', async () => {
      const known = await readMigrations(kind)
      for (const { version } of known) {
        await withDatabases(async (a) => {
          await migrate(a, known.slice(0, version), now)
          await a.alone(async (_query, execute) =>
            execute(await readFile(join(import.meta.dirname, 'migrations', 'released', `${String(version).padStart(4, '0')}.sql`), 'utf8')))
          await migrate(a, known, now)
          const settings = sqlSettings(a, now)
          expect(await settings.list('local', 'watchlist')).toEqual([
            { kind: 'watchlist', name: 'majors', version: 3, updatedAt: now(), value: { instruments: [{ venue: 'binance', symbol: 'BTCUSDT' }] } },
          ])
          expect(await settings.put('local', { kind: 'watchlist', name: 'gone', value: {} }, 0)).toMatchObject({ version: 3 })
          expect(await settings.get('someone', 'watchlist', 'majors')).toMatchObject({ version: 1 })
        })()
      }
    })
  })
}
