import { randomBytes } from 'node:crypto'
import { appendFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { freePort } from '../free-port.ts'
import { runToEnd } from '../run-to-end.ts'
import { serverDirectory } from '../server-directory.ts'
import { runServer, type RunningServer, type ServerProcess } from '../start-server.ts'
import { postgresPrograms } from './postgres-programs.ts'
import { type PostgresUser, postgresUser } from './postgres-user.ts'

export interface PostgresServer extends RunningServer {
  /** What POSTGRES_URL takes: of the database `streamforge`, with user and password. */
  readonly url: string
  readonly password: string
  /** The address of another of its databases; makes it on first use. */
  database(name: string): Promise<string>
}

export interface PostgresOptions {
  /** 0 or undefined takes a free one. */
  port?: number
  /** Address that it listens on; default 127.0.0.1. */
  host?: string
  /** Where its data and postgres.log go; default: a temporary folder, removed by stop(). An existing one is continued, with its password. */
  directory?: string
  /** Of the user `streamforge`, who may do everything; letters, digits, `.`, `_`, `~`, `-`. Default: a random one. */
  password?: string
  log?: (line: string) => void
}

export const postgresAddress = (host: string, port: number, password: string, database = 'streamforge') =>
  `postgresql://streamforge:${password}@${host}:${port}/${database}`

/**
 * Starts a PostgreSQL server on this machine with a database `streamforge`; resolves when it answers. Debian's server, which is installed if this
 * process is root.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const { directory, remove } = await serverDirectory('postgres-server-', options.directory)
  const host = options.host ?? '127.0.0.1'
  const port = options.port || (await freePort(host))
  const password = options.password ?? randomBytes(24).toString('hex')
  const server = await runServer(postgresProcess({ host, port, directory, password }), remove)
  const database = async (name: string) => {
    const url = postgresAddress(host, port, password, name)
    await makeDatabase(url)
    return url
  }
  try {
    const url = await database('streamforge')
    options.log?.(`PostgreSQL listens on ${host}:${port}, process ${server.pid}`)
    return Object.assign(server, { url, password, database })
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** How it is started with its data in `directory`, which is prepared at the first time. */
export async function postgresProcess(options: { host: string; port: number; directory: string; password: string }): Promise<ServerProcess> {
  const { host, port, directory } = options
  const [programs, user] = [await postgresPrograms(), await postgresUser()]
  const data = join(directory, 'data')
  await user.own(directory)
  await checkReachable(user, directory)
  if (!(await exists(join(data, 'PG_VERSION')))) await initialise({ ...options, data, programs, user })
  const settings = { listen_addresses: host, port: String(port), unix_socket_directories: '', shared_buffers: '32MB', logging_collector: 'off' }
  const [program, args] = user.as(join(programs, 'postgres'), ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])])
  return {
    title: 'PostgreSQL', program, args,
    // Its SIGTERM waits until every client has gone.
    stopSignal: 'SIGINT',
    logFile: join(directory, 'postgres.log'),
    isReady: async () => (await runToEnd(join(programs, 'pg_isready'), ['-q', '-h', host, '-p', String(port)])).status === 0,
    readyWithinMs: 60_000,
  }
}

async function checkReachable(user: PostgresUser, directory: string): Promise<void> {
  const { status } = await runToEnd(...user.as('test', ['-w', directory]))
  if (status === 0) return
  throw new Error(`PostgreSQL does not run as root, and its user 'postgres' cannot reach ${directory}: give a folder that others may pass through, such as one below /var/lib`)
}

async function initialise({ password, data, programs, user }: { password: string; data: string; programs: string; user: PostgresUser }): Promise<void> {
  if (!/^[\w.~-]+$/.test(password)) throw new Error("a password of PostgreSQL's may have letters, digits, '.', '_', '~' and '-' here: it stands in an address")
  // A file, since everybody reads command lines.
  const passwordFile = join(dirname(data), 'first-password')
  try {
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
    await user.own(passwordFile)
    const { status, output } = await runToEnd(...user.as(join(programs, 'initdb'), [
      '-D', data, '-U', 'streamforge', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C.UTF-8',
    ]))
    if (status !== 0) throw new Error(`PostgreSQL's data could not be prepared in ${data}: ${output.slice(-2000)}`)
  } finally {
    await rm(passwordFile, { force: true })
  }
  // initdb lets the loopback interface in; who else reaches it is decided by the address that it listens on.
  await appendFile(join(data, 'pg_hba.conf'), 'host all all all scram-sha-256\n')
}

/** Makes the database that an address names, if it is not there. */
export async function makeDatabase(url: string): Promise<void> {
  const { hostname, port, username, password, pathname } = new URL(url)
  const name = pathname.slice(1)
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new Error(`'${name}' is not the name of a database: lower-case letters, digits and '_' are`)
  const psql = async (statement: string) => {
    const args = ['-h', hostname, '-p', port, '-U', username, '-d', 'postgres', '-v', 'ON_ERROR_STOP=1', '-Atc', statement]
    const { status, output } = await runToEnd(join(await postgresPrograms(), 'psql'), args, { env: { PGPASSWORD: decodeURIComponent(password) } })
    if (status !== 0) throw new Error(`PostgreSQL refused '${statement}': ${output.slice(-500)}`)
    return output.trim()
  }
  if (await psql(`SELECT 1 FROM pg_database WHERE datname = '${name}'`) === '') await psql(`CREATE DATABASE ${name}`)
}

const exists = (path: string) => stat(path).then(() => true, () => false)
