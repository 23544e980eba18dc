import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import { serverDirectory } from '../server-directory.ts'
import { answers, runServer, type RunningServer, type ServerProcess } from '../start-server.ts'
import { mlflowPostgresDriver, mlflowPython } from './mlflow-environment.ts'

export interface MlflowServer extends RunningServer {
  /** What MLFLOW_TRACKING_URI takes. */
  readonly url: string
}

export interface MlflowOptions {
  /** 0 or undefined takes a free one. */
  port?: number
  /** Address that it listens on; default 127.0.0.1. */
  host?: string
  /** Where its database, artifacts and mlflow.log go; default: a temporary folder, removed by stop(). An existing one is continued. */
  directory?: string
  /** A PostgreSQL database, `postgresql://user:password@host:port/name`; default: SQLite in the directory. */
  backendStore?: string
  log?: (line: string) => void
}

/** Starts an MLflow tracking server on this machine; resolves when it answers. Needs Python 3 with pip. */
export async function startMlflow(options: MlflowOptions = {}): Promise<MlflowServer> {
  const { directory, remove } = await serverDirectory('mlflow-server-', options.directory)
  const host = options.host ?? '127.0.0.1'
  const url = `http://${host}:${options.port || (await freePort(host))}`
  const { backendStore } = options
  const server = await runServer(mlflowProcess({ url, directory, ...(backendStore !== undefined && { backendStore }) }), remove)
  options.log?.(`MLflow listens on ${url}, process ${server.pid}`)
  return Object.assign(server, { url })
}

/** How it is started with its data in `directory`. */
export async function mlflowProcess({ url, directory, backendStore }: { url: string; directory: string; backendStore?: string }): Promise<ServerProcess> {
  const { hostname, port } = new URL(url)
  const store = backendStore?.replace(/^postgres(ql)?:/, 'postgresql+psycopg2:') ?? `sqlite:///${join(directory, 'mlflow.db')}`
  return {
    title: 'MLflow',
    program: await mlflowPython(),
    args: ['-m', 'mlflow', 'server', '--host', hostname, '--port', port, '--workers', '1', '--artifacts-destination', join(directory, 'artifacts')],
    env: {
      // Its address has the password.
      MLFLOW_BACKEND_STORE_URI: store,
      ...(backendStore !== undefined && { PYTHONPATH: await mlflowPostgresDriver() }),
      // Names of hosts that clients may call it by; by default only those of the loopback interface.
      MLFLOW_SERVER_ALLOWED_HOSTS: [hostname, `${hostname}:${port}`, 'localhost', `localhost:${port}`, '127.0.0.1', `127.0.0.1:${port}`].join(','),
      // Jobs need a queue of their own; telemetry would leave the machine.
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false', MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true',
    },
    logFile: join(directory, 'mlflow.log'),
    isReady: () => answers(`${url}/health`),
    // A first start makes the database, by some forty migrations.
    readyWithinMs: 120_000,
  }
}
