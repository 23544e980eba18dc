import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import { type GoProgram, goProgram } from '../go-program.ts'
import { cachedServer } from '../server-cache.ts'
import { serverDirectory } from '../server-directory.ts'
import { answers, runServer, type RunningServer, type ServerProcess } from '../start-server.ts'

/** The last commit of its sources: archived in February 2026, without a release since October 2025. */
export const minioVersion = '2026-02-12'
export const minioFolderName = `minio-${minioVersion}`
const program: GoProgram = { folderName: minioFolderName, package: 'github.com/minio/minio', version: 'v0.0.0-20260212201848-7aac2a2c5b7c' }

export interface MinioServer extends RunningServer {
  /** What S3_ENDPOINT takes. */
  readonly url: string
  readonly accessKey: string
  readonly secretKey: string
  /** The only region that it answers for. */
  readonly region: string
}

export interface MinioOptions {
  /** 0 or undefined takes a free one. */
  port?: number
  /** Address that it listens on; default 127.0.0.1. */
  host?: string
  /** Where its data and minio.log go; default: a temporary folder, removed by stop(). An existing one is continued. */
  directory?: string
  /** At least 3 characters; default `streamforge`. */
  accessKey?: string
  /** At least 8 characters; default: a random one. */
  secretKey?: string
  log?: (line: string) => void
}

export const minioRegion = 'us-east-1'

/** Whether a MinIO server can be started without building it first, which takes minutes; the reason is one line. */
export const minioAvailable = () => cachedServer('MinIO', 'minio', minioFolderName)

/** Starts a MinIO server on this machine, without buckets; resolves when it answers. Needs Go the first time. */
export async function startMinio(options: MinioOptions = {}): Promise<MinioServer> {
  const { directory, remove } = await serverDirectory('minio-server-', options.directory)
  const access = { accessKey: options.accessKey ?? 'streamforge', secretKey: options.secretKey ?? randomBytes(24).toString('hex') }
  const host = options.host ?? '127.0.0.1'
  const url = `http://${host}:${options.port || (await freePort(host))}`
  const server = await runServer(minioProcess({ url, directory, ...access }), remove)
  options.log?.(`MinIO listens on ${url}, process ${server.pid}`)
  return Object.assign(server, { url, region: minioRegion, ...access })
}

/** How it is started with its data in `directory`. */
export async function minioProcess({ url, directory, accessKey, secretKey }: { url: string; directory: string; accessKey: string; secretKey: string }): Promise<ServerProcess> {
  const path = await goProgram(program)
  await mkdir(join(directory, 'data'), { recursive: true })
  return {
    title: 'MinIO',
    program: path,
    args: ['server', '--quiet', '--address', new URL(url).host, join(directory, 'data')],
    env: {
      MINIO_ROOT_USER: accessKey, MINIO_ROOT_PASSWORD: secretKey, MINIO_REGION: minioRegion,
      // No page to look at, no question for updates, no scanning of a small set of objects day and night.
      MINIO_BROWSER: 'off', MINIO_UPDATE: 'off', MINIO_SCANNER_SPEED: 'slowest',
    },
    logFile: join(directory, 'minio.log'),
    isReady: () => answers(`${url}/minio/health/ready`),
    readyWithinMs: 60_000,
  }
}
