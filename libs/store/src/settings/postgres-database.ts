import { StreamForgeError } from '@streamforge/contracts'
import pg from 'pg'
import { storeClosed } from '../names.ts'
import type { Query, SqlDatabase } from './sql-database.ts'

const CONNECTIONS = 4
const CONNECT_TIMEOUT_MS = 10_000
const STATEMENT_TIMEOUT_MS = 30_000
/** Of the advisory lock that migrations hold; any number, but always the same. */
const MIGRATION_LOCK = 7_387_246_135

/** @throws StreamForgeError STORE_UNAVAILABLE, BAD_CONFIG */
export async function openPostgresDatabase(url: string): Promise<SqlDatabase> {
  const pool = new pg.Pool({
    connectionString: checkedUrl(url), max: CONNECTIONS, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, statement_timeout: STATEMENT_TIMEOUT_MS, application_name: 'streamforge',
  })
  // An idle connection that is lost: the next statement gets another one, or says why it has none.
  pool.on('error', () => undefined)
  let open = true
  const query: Query = async (sql, parameters = []) => {
    if (!open) throw storeClosed()
    return coded(async () => (await pool.query<Record<string, unknown>>(sql, [...parameters])).rows)
  }
  const close = async () => {
    if (!open) return
    open = false
    await pool.end()
  }
  try {
    await query('SELECT 1')
  } catch (error) {
    await close()
    throw error
  }
  return {
    kind: 'postgres', query, close,
    async alone(work) {
      const client = await coded(() => pool.connect())
      // Said on the connection that it happens to, besides failing the statement.
      client.on('error', () => undefined)
      let broken = true
      try {
        await coded(() => client.query('BEGIN'))
        await coded(() => client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]))
        await work(
          (sql, parameters = []) => coded(async () => (await client.query<Record<string, unknown>>(sql, [...parameters])).rows),
          (sql) => coded(async () => void await client.query(sql)),
        )
        await coded(() => client.query('COMMIT'))
        broken = false
      } finally {
        // A connection that is thrown away takes its transaction and its lock with it.
        client.release(broken)
      }
    },
  }
}

/** What is wrong with who we are or what we ask for, rather than with the server. */
const configuration = /^(28|3D|42501)/

async function coded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StreamForgeError) throw error
    const { code = 'no answer', message = '' } = error as { code?: string; message?: string }
    // The driver's errors may hold the connection's settings: only their texts go on.
    const cause = new Error(message)
    if (configuration.test(code)) {
      throw new StreamForgeError('BAD_CONFIG', `PostgreSQL refuses this user or database (${code})`, { cause, remedy: 'see POSTGRES_URL, and the rights of its user' })
    }
    throw new StreamForgeError('STORE_UNAVAILABLE', `PostgreSQL failed (${code}): ${message}`, { cause, remedy: 'see whether the server runs and POSTGRES_URL is right', details: { code } })
  }
}

function checkedUrl(text: string): string {
  const url = URL.parse(text)
  if (url && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1) return text
  throw new StreamForgeError('BAD_CONFIG', 'POSTGRES_URL is not the address of a PostgreSQL database', { remedy: 'give it as postgresql://user:password@host:5432/database' })
}
