import { Database } from 'arangojs'
import { setTimeout as sleep } from 'node:timers/promises'
import { StreamForgeError } from '@streamforge/contracts'
import { storeClosed } from '../names.ts'
import { errorNumber, fromArango, isArangoError, isRefusedForNow, type CallContext } from './errors.ts'

export interface ArangoStoreOptions {
  url: string
  database: string
  /** Default: the user in the address, else `root`. */
  user?: string
  password?: string
  /** Write calls resolve once the server has synchronised its log to disk; default false: within 100 ms after. */
  waitForSync?: boolean
  /** How long a request may take, in milliseconds; default 60 000. */
  requestTimeoutMs?: number
  /** How long a write goes on after conflicts, and any call while the cluster changes leaders or starts, in milliseconds; default 30 000. */
  patienceMs?: number
  random?: () => number
}

/** What the adapter's functions share: the driver, the waits between attempts, and errors with a code. */
export interface Connection {
  readonly database: Database
  readonly waitForSync: boolean
  /** Runs a call of the driver, again while the server refuses it for now; errors come out as StreamForgeError. */
  call<T>(about: Omit<CallContext, 'server'>, work: (database: Database) => Promise<T>): Promise<T>
  /** Waits before the next attempt, longer each time. @throws StreamForgeError STORE_CONFLICT when patience is used up */
  backOff(attempt: number, startedAt: number, what: string): Promise<void>
  close(): void
}

const FIRST_WAIT_MS = 5
const LONGEST_WAIT_MS = 1000

/** Connects, and makes the database when it does not exist. @throws StreamForgeError STORE_UNAVAILABLE, BAD_CONFIG */
export async function connect(options: ArangoStoreOptions): Promise<Connection> {
  const { address, user, password } = readAddress(options)
  const { patienceMs = 30_000, random = Math.random } = options
  const driver = {
    url: address, auth: { username: asBytes(user), password: asBytes(password) }, timeout: options.requestTimeoutMs ?? 60_000, maxRetries: false as const,
  }
  const database = new Database({ ...driver, databaseName: options.database })
  // Full jitter: writers that collided once do not meet again at the same moment.
  const jitter = (attempt: number) => 1 + random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt)
  let closed = false
  const connection: Connection = {
    database,
    waitForSync: options.waitForSync ?? false,
    async call(about, work) {
      const startedAt = performance.now()
      for (let attempt = 1; ; attempt++) {
        if (closed) throw storeClosed()
        try {
          return await work(database)
        } catch (error) {
          if (!isRefusedForNow(error) || performance.now() - startedAt > patienceMs) throw fromArango(error, { server: address, ...about })
        }
        await sleep(jitter(attempt))
      }
    },
    async backOff(attempt, startedAt, what) {
      if (performance.now() - startedAt > patienceMs) {
        throw new StreamForgeError('STORE_CONFLICT', `${what} met write conflicts for ${patienceMs} ms`, { remedy: 'try again later' })
      }
      await sleep(jitter(attempt))
    },
    close() {
      closed = true
      database.close()
    },
  }
  await connection.call({}, async () => {
    if (!await database.exists()) await createDatabase(new Database({ ...driver, databaseName: '_system' }), options.database)
  })
  return connection
}

async function createDatabase(system: Database, name: string): Promise<void> {
  try {
    await system.createDatabase(name)
  } catch (error) {
    // Another service made it at the same moment.
    if (!isArangoError(error, errorNumber.duplicateName)) throw error
  } finally {
    system.close()
  }
}

/** The driver takes each character for a byte, and fails on others; the server expects UTF-8. */
const asBytes = (text: string) => Buffer.from(text).toString('latin1')

/** Credentials may stand in the address; from here on they travel apart from it, and no message shows them. */
function readAddress(options: ArangoStoreOptions): { address: string; user: string; password: string } {
  const url = URL.parse(options.url)
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new StreamForgeError('BAD_CONFIG', 'the address of ArangoDB is not an http or https address', { remedy: 'give ARANGO_URL as http://host:8529' })
  }
  return {
    address: `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, '')}`,
    user: options.user ?? (decodeURIComponent(url.username) || 'root'),
    password: options.password ?? decodeURIComponent(url.password),
  }
}
