import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { type GuardedProcess, startGuarded } from './guarded-process.ts'
import { influxdbProgram } from './influxdb-program.ts'

export interface InfluxdbServer {
  readonly url: string
  /** Of its first organisation, made at its first start. */
  readonly org: string
  /** May do everything. */
  readonly token: string
  readonly pid: number
  /** Ends it in order and removes its data when it made the directory. */
  stop(): Promise<void>
  /** SIGKILL; `restart` brings it back with its data, at the same address. */
  kill(): Promise<void>
  restart(): Promise<void>
}

export interface InfluxdbOptions {
  /** 0 or undefined takes a free one. */
  port?: number
  /** Where its data and influxdb.log go; default: a temporary folder, removed by stop(). */
  directory?: string
  log?: (line: string) => void
}

const startTimeoutMs = 60_000

/** Starts an InfluxDB 2 server on this machine, set up with an organisation, a bucket and a token; resolves when it answers. */
export async function startInfluxdb(options: InfluxdbOptions = {}): Promise<InfluxdbServer> {
  const program = await influxdbProgram()
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'influxdb-server-')))
  await mkdir(directory, { recursive: true })
  const url = `http://127.0.0.1:${options.port || (await freePort())}`
  const [org, token] = ['streamforge', randomBytes(24).toString('hex')]
  const start = () => startServer(program, { url, directory })
  let server = await start()
  const stop = async () => {
    await server.stop()
    if (options.directory === undefined) await rm(directory, { recursive: true, force: true, maxRetries: 3 })
  }
  try {
    await setUp(url, { org, token, username: 'streamforge', password: randomBytes(12).toString('hex'), bucket: 'streamforge' })
  } catch (error) {
    await stop()
    throw error
  }
  options.log?.(`InfluxDB listens on ${url}, process ${server.pid}`)
  return {
    url, org, token, stop,
    get pid() { return server.pid },
    kill: () => server.kill(),
    restart: async () => {
      await server.stop()
      server = await start()
    },
  }
}

async function startServer(program: string, { url, directory }: { url: string; directory: string }): Promise<GuardedProcess> {
  const logFile = join(directory, 'influxdb.log')
  await writeFile(logFile, '')
  const server = await startGuarded(program, [
    'run', '--reporting-disabled', '--ui-disabled', '--log-level', 'warn', '--http-bind-address', new URL(url).host,
    '--bolt-path', join(directory, 'influxd.bolt'), '--sqlite-path', join(directory, 'influxd.sqlite'), '--engine-path', join(directory, 'engine'),
  ], logFile)
  try {
    await untilHealthy(server, url, logFile)
    return server
  } catch (error) {
    await server.kill()
    throw error
  }
}

async function untilHealthy(server: GuardedProcess, url: string, logFile: string): Promise<void> {
  const giveUp = AbortSignal.timeout(startTimeoutMs)
  while (!server.hasEnded() && !giveUp.aborted) {
    if (await fetch(`${url}/health`).then((answer) => answer.ok, () => false)) return
    await delay(50)
  }
  const tail = (await readFile(logFile, 'utf8')).slice(-2000)
  throw new Error(`InfluxDB ${server.hasEnded() ? 'ended while starting' : `was not ready after ${startTimeoutMs} ms`}: ${tail}`)
}

async function setUp(url: string, setup: Record<'org' | 'token' | 'username' | 'password' | 'bucket', string>): Promise<void> {
  const allowed = await (await fetch(`${url}/api/v2/setup`)).json() as { allowed: boolean }
  if (!allowed.allowed) throw new Error('the directory has an InfluxDB that was set up before, with a token that is not known; give an empty one')
  const response = await fetch(`${url}/api/v2/setup`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(setup) })
  if (!response.ok) throw new Error(`InfluxDB could not be set up (${response.status}): ${(await response.text()).slice(0, 500)}`)
}
