import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { type GuardedProcess, startGuarded } from './guarded-process.ts'
import { mlflowPython } from './mlflow-environment.ts'

export interface MlflowServer {
  /** What MLFLOW_TRACKING_URI takes. */
  readonly url: string
  readonly pid: number
  /** Ends it and removes its data when it made the directory. */
  stop(): Promise<void>
}

export interface MlflowOptions {
  /** 0 or undefined takes a free one. */
  port?: number
  /** Where its database, artifacts and mlflow.log go; default: a temporary folder, removed by stop(). An existing one is continued. */
  directory?: string
  log?: (line: string) => void
}

/** A first start makes the database, by some forty migrations. */
const startTimeoutMs = 120_000

/** Starts an MLflow tracking server on SQLite on this machine; resolves when it answers. Needs Python 3 with pip. */
export async function startMlflow(options: MlflowOptions = {}): Promise<MlflowServer> {
  const python = await mlflowPython()
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'mlflow-server-')))
  await mkdir(directory, { recursive: true })
  const url = `http://127.0.0.1:${options.port || (await freePort())}`
  const logFile = join(directory, 'mlflow.log')
  await writeFile(logFile, '')
  const server = await startGuarded('env', [
    // Jobs need a queue of their own; telemetry would leave the machine.
    'MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false', 'MLFLOW_DISABLE_TELEMETRY=true', 'DO_NOT_TRACK=true',
    python, '-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', new URL(url).port, '--workers', '1',
    '--backend-store-uri', `sqlite:///${join(directory, 'mlflow.db')}`, '--artifacts-destination', join(directory, 'artifacts'),
  ], logFile)
  const stop = async () => {
    await server.stop()
    if (options.directory === undefined) await rm(directory, { recursive: true, force: true, maxRetries: 3 })
  }
  try {
    await untilHealthy(server, url, logFile)
  } catch (error) {
    await stop()
    throw error
  }
  options.log?.(`MLflow listens on ${url}, process ${server.pid}`)
  return { url, pid: server.pid, stop }
}

async function untilHealthy(server: GuardedProcess, url: string, logFile: string): Promise<void> {
  const giveUp = AbortSignal.timeout(startTimeoutMs)
  while (!server.hasEnded() && !giveUp.aborted) {
    const healthy = await fetch(`${url}/health`).then((answer) => answer.ok, () => false)
    if (healthy) return
    await delay(100)
  }
  const tail = (await readFile(logFile, 'utf8')).slice(-2000)
  throw new Error(`MLflow ${server.hasEnded() ? 'ended while starting' : `was not ready after ${startTimeoutMs} ms`}: ${tail}`)
}
