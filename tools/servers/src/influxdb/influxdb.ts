import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import { serverDirectory } from '../server-directory.ts'
import { answers, runServer, type RunningServer, type ServerProcess } from '../start-server.ts'
import { influxdbProgram } from './influxdb-program.ts'

export interface InfluxdbServer extends RunningServer {
  readonly url: string
  /** Of its first organisation, made at its first start. */
  readonly org: string
  /** May do everything. */
  readonly token: string
}

export interface InfluxdbOptions {
  /** 0 or undefined takes a free one. */
  port?: number
  /** Address that it listens on; default 127.0.0.1. */
  host?: string
  /** Where its data and influxdb.log go; default: a temporary folder, removed by stop(). An existing one is continued with its token, which must be given. */
  directory?: string
  /** May do everything; default: a random one. */
  token?: string
  log?: (line: string) => void
}

const org = 'streamforge'

/** Starts an InfluxDB 2 server on this machine, set up with an organisation, a bucket and a token; resolves when it answers. */
export async function startInfluxdb(options: InfluxdbOptions = {}): Promise<InfluxdbServer> {
  const { directory, remove } = await serverDirectory('influxdb-server-', options.directory)
  const host = options.host ?? '127.0.0.1'
  const url = `http://${host}:${options.port || (await freePort(host))}`
  const token = options.token ?? randomBytes(24).toString('hex')
  const server = await runServer(influxdbProcess({ url, directory }), remove)
  try {
    await setUpInfluxdb(url, token)
  } catch (error) {
    await server.stop()
    throw error
  }
  options.log?.(`InfluxDB listens on ${url}, process ${server.pid}`)
  return Object.assign(server, { url, org, token })
}

/** How it is started with its data in `directory`. */
export async function influxdbProcess({ url, directory }: { url: string; directory: string }): Promise<ServerProcess> {
  return {
    title: 'InfluxDB',
    program: await influxdbProgram(),
    args: [
      'run', '--reporting-disabled', '--ui-disabled', '--log-level', 'warn', '--http-bind-address', new URL(url).host,
      '--bolt-path', join(directory, 'influxd.bolt'), '--sqlite-path', join(directory, 'influxd.sqlite'), '--engine-path', join(directory, 'engine'),
    ],
    logFile: join(directory, 'influxdb.log'),
    isReady: () => answers(`${url}/health`),
    readyWithinMs: 60_000,
  }
}

/** Makes organisation, bucket and token at the first start; after it, checks that the token is the one. */
export async function setUpInfluxdb(url: string, token: string): Promise<void> {
  const allowed = await (await fetch(`${url}/api/v2/setup`)).json() as { allowed: boolean }
  if (!allowed.allowed) return checkToken(url, token)
  const setup = { org, token, username: 'streamforge', password: randomBytes(12).toString('hex'), bucket: 'streamforge' }
  const response = await fetch(`${url}/api/v2/setup`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(setup) })
  if (!response.ok) throw new Error(`InfluxDB could not be set up (${response.status}): ${(await response.text()).slice(0, 500)}`)
}

async function checkToken(url: string, token: string): Promise<void> {
  const response = await fetch(`${url}/api/v2/orgs`, { headers: { authorization: `Token ${token}` } })
  if (!response.ok) throw new Error('the directory has an InfluxDB that was set up before, with another token; give that one, or an empty directory')
}
