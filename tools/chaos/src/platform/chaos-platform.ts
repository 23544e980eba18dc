import { randomBytes } from 'node:crypto'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { connectBus, type Bus } from '@streamforge/bus'
import { openProcessLauncher, type Launcher } from '@streamforge/launcher'
import { freePort, startKafka, type KafkaServer } from '@streamforge/servers'
import { connectStore, type Store } from '@streamforge/store'
import { startFaultyProxy, type FaultyProxy } from '../network/faulty-proxy.ts'
import type { Link, LongRunning } from '../plan/fault.ts'
import { mountSmallDisk, whyNoDisk, type SmallDisk } from './small-disk.ts'
import { superviseService, type SupervisedService } from './supervised-service.ts'

export interface PlatformOptions {
  readonly bus: 'embedded' | 'kafka'
  readonly say: (line: string) => void
}

/** The platform with everything in between that can be made to fail, in a folder of its own. */
export interface ChaosPlatform {
  readonly kind: 'embedded' | 'kafka'
  readonly api: string
  /** Not over the line that services take to it. */
  readonly simulator: string
  readonly services: ReadonlyMap<LongRunning, SupervisedService>
  readonly links: ReadonlyMap<Link, FaultyProxy>
  readonly broker: KafkaServer | undefined
  /** Absent: why faults of the disk cannot be had here. */
  readonly disk: SmallDisk | string
  readonly clockDir: string
  readonly jobsDir: string
  readonly logDir: string
  /** What this process itself looks through; no service's. */
  readonly bus: Bus
  readonly store: Store
  readonly jobs: Launcher
  stop(): Promise<void>
}

const root = resolve(import.meta.dirname, '../../../..')
const here = '127.0.0.1'
/** Nothing of it is taken before it is needed. */
const diskMegabytes = 8_192
/** Replaced after three heartbeats in production; here sooner, so that a silent worker does not fill most of the run. */
export const silenceMs = 6_000
/** One that is frozen before it has said its first word is replaced after this. Shorter than workers take that all start at once, and none would ever come up. */
const launchTimeoutMs = 20_000

/** Everything is stopped when one of them does not come up. */
export async function startChaosPlatform({ bus: kind, say }: PlatformOptions): Promise<ChaosPlatform> {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-chaos-'))
  const closers: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close().catch((error: unknown) => say(`while stopping: ${String(error)}`))
    if (process.env.KEEP_DATA === undefined) await rm(directory, { recursive: true, force: true, maxRetries: 3 })
    else say(`kept: ${directory}`)
  }
  try {
    return await start(directory, kind, closers, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function start(directory: string, kind: PlatformOptions['bus'], closers: (() => Promise<unknown>)[], stop: () => Promise<void>): Promise<ChaosPlatform> {
  const [dataDir, logDir, clockDir] = ['data', 'logs', 'clocks'].map((name) => join(directory, name)) as [string, string, string]
  for (const folder of [dataDir, logDir, clockDir]) await mkdir(folder)
  const noDisk = await whyNoDisk()
  const disk = noDisk ?? await mountSmallDisk(dataDir, diskMegabytes)
  if (typeof disk !== 'string') {
    closers.push(async () => {
      if (process.env.KEEP_DATA !== undefined) await cp(dataDir, `${dataDir}-kept`, { recursive: true })
      await disk.unmount()
    })
  }

  const links = new Map<Link, FaultyProxy>()
  const line = async (link: Link, port: number) => {
    const proxy = await startFaultyProxy({ host: here, port })
    links.set(link, proxy)
    closers.push(() => proxy.close())
    return `${here}:${proxy.port}`
  }
  const broker = kind === 'kafka' ? await startBroker(join(directory, 'kafka'), line, closers) : undefined
  const env = {
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, '.cache', 'compile'),
    NODE_OPTIONS: `--import=${join(root, 'tools/chaos/src/clock/shift-clock.mjs')}`, CHAOS_CLOCK_DIR: clockDir, DATA_DIR: dataDir, LOG_LEVEL: 'info',
    ...(broker ? { BUS: 'kafka', KAFKA_BROKERS: `${here}:${links.get('bus')!.port}` } : { BUS: 'embedded' }),
  }
  const service = async (name: string, port: number, more: Record<string, string>, path: string) => {
    const started = await superviseService({
      name, script: join(root, 'apps', name, 'src/main.ts'), env: { ...env, ...more, PORT: String(port) }, logFile: join(logDir, `${name}.log`),
      readyUrl: `http://${here}:${port}${path}`,
    })
    closers.push(() => started.stop())
    return started
  }
  const [venuePort, storePort, healthPort, managerPort] = [await freePort(), await freePort(), await freePort(), await freePort()]
  await service('exchange-simulator', venuePort, { WEIGHT_LIMIT: '0', CACHE_MB: '256', TIME_RANGE: '2024-10-01:2025-04-01' }, '/api/v3/time')
  const venue = await line('venue', venuePort)
  const token = randomBytes(24).toString('hex')
  // Its own port answers nobody without the token; its health is asked on another.
  const storeServer = await superviseService({
    name: 'store-server', script: join(root, 'apps/store-server/src/main.ts'), logFile: join(logDir, 'store-server.log'), readyUrl: `http://${here}:${healthPort}/readyz`,
    env: { ...env, PORT: String(storePort), HEALTH_PORT: String(healthPort), STORE_TOKEN: token },
  })
  closers.push(() => storeServer.stop())
  const storeUrl = `http://${await line('store', storePort)}`
  // Jobs outlive queue-manager, so they are stopped after it, for it would start them again.
  const jobs = await openProcessLauncher({ directory: join(dataDir, 'jobs'), programs: {}, env: {} })
  closers.push(() => jobs.close(), () => stopJobs(jobs))
  const manager = await service('queue-manager', managerPort, {
    STORE: 'remote', STORE_URL: storeUrl, STORE_TOKEN: token, ...limits,
    BINANCE_REST_URL: `http://${venue}`, BINANCE_ARCHIVE_URL: `http://${venue}`, BINANCE_WS_URL: `ws://${venue}`,
  }, '/readyz')
  const bus = await connectBus(broker ? { kind: 'kafka', brokers: broker.brokers, clientId: 'chaos' } : { kind: 'embedded', directory: join(dataDir, 'bus') })
  closers.push(() => bus.close())
  const store = await connectStore({ kind: 'embedded', file: join(dataDir, 'store.db') })
  closers.push(() => store.close())
  return {
    kind, api: `http://${here}:${managerPort}`, simulator: `http://${here}:${venuePort}`, links, broker, disk, clockDir, jobsDir: join(dataDir, 'jobs'), logDir, bus, store, jobs, stop,
    services: new Map([['queue-manager', manager], ['store-server', storeServer]]),
  }
}

const limits = {
  MAX_ACTIVE_QUEUES: '2', REQUEST_CONCURRENCY: '1', VENUE_WEIGHT_LIMIT: '0', BACKOFF_INITIAL_MS: '100', BACKOFF_MAX_MS: '1000',
  SILENCE_MS: String(silenceMs), LAUNCH_TIMEOUT_MS: String(launchTimeoutMs), CANCEL_GRACE_MS: '1000',
}

/** Kafka tells clients where to connect: what it tells is the line's address, so that nobody passes it by. */
async function startBroker(directory: string, line: (link: Link, port: number) => Promise<string>, closers: (() => Promise<unknown>)[]): Promise<KafkaServer> {
  const port = await freePort()
  const address = await line('bus', port)
  const broker = await startKafka({ directory, port, advertisedPort: Number(address.split(':')[1]) })
  closers.push(() => broker.stop())
  return broker
}

async function stopJobs(jobs: Launcher): Promise<void> {
  const running = (await jobs.list()).filter(({ state }) => state.status === 'running')
  await Promise.all(running.map((job) => jobs.cancel(job, { graceMs: 2_000, endProcess: true })))
}
