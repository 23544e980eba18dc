import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresAvailable, postgresVersion, startPostgres, type PostgresServer } from '@streamforge/servers'
import { connectSettings } from './connect-settings.ts'
import { migrationsContract } from './migrations-contract.ts'
import { openPostgresDatabase } from './postgres-database.ts'
import { settingsContract } from './settings-contract.ts'

const available = await postgresAvailable()
const name = available.ok ? `settings on a real PostgreSQL ${await postgresVersion()}` : `settings on PostgreSQL (skipped: ${available.reason})`
process.stdout.write(`${name}\n`)

describe.skipIf(!available.ok)(name, () => {
  let server: PostgresServer
  let databases = 0
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.stop())

  settingsContract('postgres', async () => ({
    open: (now) => connectSettings({ kind: 'postgres', url: server.url }, now),
    dispose: async () => undefined,
  }))

  migrationsContract('postgres', async () => {
    const url = await server.database(`migrations_${databases++}`)
    return [await openPostgresDatabase(url), await openPostgresDatabase(url)]
  })

  it('makes its tables once, however many services start at once', async () => {
    const url = await server.database('together')
    const all = await Promise.all(Array.from({ length: 5 }, () => connectSettings({ kind: 'postgres', url })))
    expect(await all[0]!.put('local', { kind: 'watchlist', name: 'a', value: {} }, 0)).toMatchObject({ version: 1 })
    expect(await all[4]!.list('local', 'watchlist')).toHaveLength(1)
    await Promise.all(all.map((settings) => settings.close()))
  })

  it('says that the password or the database is wrong, without showing the password', async () => {
    const wrong = new URL(server.url)
    wrong.password = 'hunter2'
    const none = new URL(server.url)
    none.pathname = '/nowhere'
    for (const url of [wrong, none]) {
      const error = await connectSettings({ kind: 'postgres', url: String(url) }).catch((e: unknown) => e)
      expect(error).toMatchObject({ code: 'BAD_CONFIG' })
      expect(String(error)).not.toContain('hunter2')
    }
  })

  it('goes on after the server has lost its connections', async () => {
    const url = await server.database('restarted')
    const settings = await connectSettings({ kind: 'postgres', url })
    await settings.put('local', { kind: 'watchlist', name: 'kept', value: {} }, 0)
    const admin = new pg.Client({ connectionString: server.url })
    await admin.connect()
    await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'restarted'")
    await admin.end()
    await expect.poll(() => settings.list('local', 'watchlist').then((list) => list.length, () => 'failed'), { timeout: 20_000 }).toBe(1)
    await settings.close()
  })
})
