import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgres } from './postgres.ts'
import { postgresAvailable, postgresVersion } from './postgres-programs.ts'

const available = await postgresAvailable()
const name = available.ok ? `a real PostgreSQL ${await postgresVersion()}` : `a real PostgreSQL (skipped: ${available.reason})`

describe.skipIf(!available.ok)(name, () => {
  let server: PostgresServer
  beforeAll(async () => { server = await startPostgres() })
  afterAll(() => server.stop())

  const query = async (url: string, statement: string) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(statement)).rows
    } finally {
      await client.end()
    }
  }

  it('keeps what was committed over a crash', async () => {
    await query(server.url, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('ünes')")
    await server.kill()
    await server.restart()
    expect(await query(server.url, 'SELECT word FROM kept')).toEqual([{ word: 'ünes' }])
  })

  it('has databases apart from each other, made once', async () => {
    const url = await server.database('other')
    await query(url, 'CREATE TABLE alone (n int)')
    expect(await server.database('other')).toBe(url)
    expect(await query(url, "SELECT to_regclass('alone')::text AS t")).toEqual([{ t: 'alone' }])
    expect(await query(server.url, "SELECT to_regclass('alone')::text AS t")).toEqual([{ t: null }])
  })

  it('refuses whoever does not know the password', async () => {
    const wrong = new URL(server.url)
    wrong.password = 'wrong'
    await expect(query(String(wrong), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
  })

  it('does not wait for its clients when it is stopped', async () => {
    const other = await startPostgres()
    const client = new pg.Client({ connectionString: other.url })
    client.on('error', () => {})
    await client.connect()
    await other.stop()
    expect(() => process.kill(other.pid, 0)).toThrow('ESRCH')
  })
})
