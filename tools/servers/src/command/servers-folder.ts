import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { identify, isRunning, type ProcessIdentity } from '../process-identity.ts'

/** What is known of a server that was started. */
export interface ServerRecord extends ProcessIdentity {
  version: string
  host: string
  port: number
  /** How it lets clients in; of Kafka. */
  security?: KafkaAccess
  stopSignal: NodeJS.Signals
  logFile: string
  /** Not yet, or never where the command that started it was ended meanwhile. */
  ready: boolean
  /** Milliseconds since 1970. */
  since: number
}

export type KafkaAccess = 'plain' | 'scram' | 'tls'

/** Passwords by the server's name, made at the first look. */
export type Secrets = Readonly<Record<'kafka' | 'minio' | 'influxdb' | 'postgres' | 'keycloak', string>>

/** The folder with everything that servers started by the command keep: data, logs, passwords and who runs. */
export interface ServersFolder {
  readonly path: string
  /** Of one server. */
  directoryOf(name: string): Promise<string>
  secrets(): Promise<Secrets>
  /** Of servers that run, or ran until something ended them. */
  records(): Promise<Readonly<Record<string, ServerRecord>>>
  record(name: string, record: ServerRecord | undefined): Promise<void>
  /** The port that a server had the last time. */
  lastPort(name: string): Promise<number | undefined>
  /** Runs `work` while no other process does so in this folder. */
  alone<T>(work: () => Promise<T>): Promise<T>
}

interface State { servers: Record<string, ServerRecord>; ports: Record<string, number> }

export async function openServersFolder(given: string): Promise<ServersFolder> {
  const path = resolve(given)
  await mkdir(path, { recursive: true })
  const stateFile = join(path, 'state.json')
  const readState = async (): Promise<State> => ({ servers: {}, ports: {}, ...(await readJson<Partial<State>>(stateFile)) })
  return {
    path,
    directoryOf: async (name) => {
      const directory = join(path, name)
      await mkdir(directory, { recursive: true })
      return directory
    },
    secrets: () => secretsIn(join(path, 'secrets.json')),
    records: async () => (await readState()).servers,
    record: async (name, record) => {
      const { servers, ports } = await readState()
      const { [name]: _before, ...others } = servers
      await replace(stateFile, { servers: record ? { ...others, [name]: record } : others, ports: record ? { ...ports, [name]: record.port } : ports })
    },
    lastPort: async (name) => (await readState()).ports[name],
    alone: (work) => alone(join(path, 'lock.json'), work),
  }
}

async function secretsIn(file: string): Promise<Secrets> {
  const known = await readJson<Partial<Secrets>>(file) ?? {}
  const random = () => randomBytes(24).toString('hex')
  const secrets = { kafka: random(), minio: random(), influxdb: random(), postgres: random(), keycloak: random(), ...known }
  if (Object.keys(known).length < Object.keys(secrets).length) await replace(file, secrets)
  return secrets
}

async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`${file} cannot be read: ${(error as Error).message}`)
  }
}

async function replace(file: string, content: unknown): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

async function alone<T>(lockFile: string, work: () => Promise<T>): Promise<T> {
  const mine = JSON.stringify(await identify(process.pid))
  while (!(await writeNew(lockFile, mine))) {
    const holder = await readJson<ProcessIdentity>(lockFile).catch(() => undefined)
    if (holder && !(await isRunning(holder))) await rm(lockFile, { force: true })
    else await delay(200)
  }
  try {
    return await work()
  } finally {
    await rm(lockFile, { force: true })
  }
}

async function writeNew(file: string, content: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600)
    await handle.writeFile(content).finally(() => handle.close())
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
