import { openProcessLauncher } from '@streamforge/launcher'
import { startKafka } from '@streamforge/servers'
import { claimDataDirectory } from '@streamforge/service'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Exchange } from './exchange.ts'
import { superviseService, type SupervisedService } from './supervised-service.ts'

export interface PlatformOptions {
  dataDir: string
  port: number
  /** Port of the dashboard, 0 for a free one; absent: no dashboard. */
  dashboardPort?: number
  /** `HOST:PORT`, or `local` for a broker of our own. */
  kafka?: string
  exchange: Exchange
  /** More environment for the services. */
  env?: Record<string, string>
  say: (line: string) => void
}

export interface Platform {
  readonly url: string
  /** Resolves with the dashboard's address once it listens; undefined without one. */
  readonly dashboardUrl: Promise<string | undefined>
  /** Where the exchange's REST interface is: the simulator's address, or Binance's own. */
  readonly exchangeUrl: string
  readonly dataDir: string
  readonly kafka: string | undefined
  /** Process ids of the services, of the jobs that run now, and of a local broker's none: what `up` itself started. */
  pids(): Promise<number[]>
  /** Process id of one service now; another after a restart. */
  pid(service: string): number | undefined
  /** Services first, then jobs, then the broker. Safe to call twice. */
  stop(): Promise<void>
}

/** The address in a ready line: a JSON log line with a `url`. */
function urlOf(line: string): string | undefined {
  const { url } = factsOf(line)
  return typeof url === 'string' ? url : undefined
}

/** Of a service that serves nothing but its health: the address of that. */
function healthUrlOf(line: string): string | undefined {
  const { msg, host, port } = factsOf(line)
  return msg === 'health server listening' ? `http://${String(host)}:${String(port)}` : undefined
}

function factsOf(line: string): Record<string, unknown> {
  if (!line.startsWith('{')) return {}
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return {}
  }
}

/** Starts everything on this machine, one line a service. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const dataDir = resolve(options.dataDir)
  await mkdir(dataDir, { recursive: true })
  const release = await claimDataDirectory(dataDir)
  const closers: (() => Promise<unknown>)[] = [release]
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= closeAll(closers))
  try {
    const kafka = await chooseKafka(options, dataDir, closers)
    const env = { ...options.env, DATA_DIR: dataDir, ...(kafka && { BUS: 'kafka', KAFKA_BROKERS: kafka }) }
    const services: SupervisedService[] = []
    const start = async (name: string, more: Record<string, string>, about: string, { script = `apps/${name}/src/main.ts`, readyUrl = urlOf } = {}) => {
      const service = await superviseService(
        { name, script, env: { ...env, ...more }, logDirectory: join(dataDir, 'logs'), readyUrl },
        (reason) => options.say(`  ${name.padEnd(19)} ended (${reason}); starting it again`),
      )
      services.push(service)
      closers.push(() => service.stop())
      options.say(`  ${name.padEnd(19)} ready  ${service.url}  ${about}`)
      return service
    }
    const venue: Record<string, string> = {}
    if (options.exchange.kind === 'simulator') {
      const { data, reason } = options.exchange
      const simulator = await start('exchange-simulator', { PORT: '0', ...(data && { DATA: resolve(data) }) }, reason)
      for (const name of ['BINANCE_REST_URL', 'BINANCE_ARCHIVE_URL', 'COINBASE_REST_URL', 'YAHOO_REST_URL']) venue[name] = simulator.url
      // Its streams are on the same port.
      venue['BINANCE_WS_URL'] = simulator.url.replace(/^http/, 'ws')
    }
    // Jobs outlive queue-manager, so they are stopped here: after it, for it would start them again.
    closers.push(() => stopJobs(dataDir))
    const manager = await start('queue-manager', { ...venue, PORT: String(options.port) }, 'API; its documentation is at /docs')
    const dashboard = startDashboard(options, (port) => start('dashboard', { PORT: String(port), QUEUE_MANAGER_URL: manager.url }, 'open it in a browser'))
    closers.push(async () => (await dashboard)?.stop())
    // Where people look on: nothing waits for these, and what they missed they do when they run again.
    const beside = (name: string, about: string, script?: string) => {
      if (options.dashboardPort === undefined) return
      const started = start(name, venue, about, { ...(script !== undefined && { script }), readyUrl: healthUrlOf })
        .catch((error: unknown) => options.say(`  ${name.padEnd(19)} not started: ${(error as Error).message}`))
      closers.push(() => started)
    }
    beside('feed-fetcher', 'asks for quotes and news on a schedule')
    beside('feed-connector', 'stores what feeds bring', 'apps/arango-connector/src/feeds/main.ts')
    beside('sentiment', 'judges news', 'apps/processor/src/sentiment/main.ts')
    beside('influx-connector', 'carries candles, features, forecasts and quotes into the time series')
    if (alertChannels.some((name) => process.env[name] !== undefined)) beside('alerter', 'tells people what stops or looks wrong')
    return {
      url: manager.url, dashboardUrl: dashboard.then((service) => service?.url), exchangeUrl: venue.BINANCE_REST_URL ?? process.env.BINANCE_REST_URL ?? 'https://api.binance.com', dataDir, kafka, stop,
      pid: (name) => services.find((s) => s.name === name)?.pid(),
      pids: async () => [...services.map((s) => s.pid()).filter((p) => p !== undefined), ...(await jobPids(dataDir))],
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Without any of these there is nobody to tell; docs/ALERTS.md has them. */
const alertChannels = ['ALERT_TELEGRAM_CHAT', 'ALERT_SMTP_URL', 'ALERT_WEBHOOK_URL', 'ALERT_WEBHOOK_URL_FILE']

/** Nobody waits for it, and data is loaded without it too. */
async function startDashboard(options: PlatformOptions, start: (port: number) => Promise<SupervisedService>): Promise<SupervisedService | undefined> {
  if (options.dashboardPort === undefined) return undefined
  try {
    return await start(options.dashboardPort)
  } catch (error) {
    options.say(`  ${'dashboard'.padEnd(19)} not started (is port ${options.dashboardPort} taken? --dashboard-port 0 takes a free one): ${(error as Error).message}`)
    return undefined
  }
}

async function chooseKafka(options: PlatformOptions, dataDir: string, closers: (() => Promise<unknown>)[]) {
  if (options.kafka !== 'local') {
    if (options.kafka) options.say(`  ${'kafka'.padEnd(19)} given  ${options.kafka}`)
    return options.kafka
  }
  const broker = await startKafka({ directory: join(dataDir, 'kafka') })
  closers.push(() => broker.stop())
  options.say(`  ${'kafka'.padEnd(19)} ready  ${broker.brokers.join(',')}`)
  return broker.brokers.join(',')
}

async function closeAll(closers: (() => Promise<unknown>)[]): Promise<void> {
  for (const close of closers.toReversed()) await close().catch(() => undefined)
}

const openJobs = (dataDir: string) =>
  openProcessLauncher({ directory: join(dataDir, 'jobs'), programs: {}, env: {} })

async function stopJobs(dataDir: string): Promise<void> {
  const launcher = await openJobs(dataDir)
  const jobs = await launcher.list()
  await Promise.all(jobs.filter((j) => j.state.status === 'running').map((j) => launcher.cancel(j, { graceMs: 5_000 })))
  await launcher.close()
}

async function jobPids(dataDir: string): Promise<number[]> {
  const launcher = await openJobs(dataDir)
  const pids = (await launcher.list()).flatMap((j) => (j.state.status === 'running' && j.pid !== undefined ? [j.pid] : []))
  await launcher.close()
  // Jobs may share a process.
  return [...new Set(pids)]
}
