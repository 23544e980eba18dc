import { chooseExchange } from '../platform/exchange.ts'
import { startPlatform, type Platform } from '../platform/platform.ts'
import { notice } from '../output.ts'

export interface UpOptions {
  dataDir: string
  port: number
  dashboardPort?: number
  data?: string
  simulate?: boolean
  kafka?: string
}

/** Starts the platform and hands it to `work`; whatever happens, Ctrl-C included, everything is stopped before it resolves. */
export async function withPlatform(
  options: UpOptions & { dashboard?: boolean }, work: (platform: Platform, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  notice('StreamForge')
  const exchange = await chooseExchange({
    ...(options.data !== undefined && { data: options.data }), simulate: options.simulate ?? false,
    ...(process.env.BINANCE_REST_URL && { binanceUrl: process.env.BINANCE_REST_URL }),
  })
  notice(exchange.kind === 'binance' ? '  exchange            Binance itself' : `  exchange            simulated, ${exchange.reason}`)
  const platform = await startPlatform({
    dataDir: options.dataDir, port: options.port, exchange, say: notice, ...(options.kafka && { kafka: options.kafka }),
    ...(options.dashboard !== false && { dashboardPort: dashboardPort(options) }),
  })
  try {
    return await work(platform, stop.signal)
  } finally {
    notice('stopping ...')
    await platform.stop()
    notice('stopped')
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, onSignal)
  }
}

/** Whoever lets the system choose the API's port runs several platforms at once: they get several dashboards. */
const dashboardPort = (options: UpOptions) => options.dashboardPort ?? (options.port === 0 ? 0 : 8081)

/** `; dashboard at ...`, where there is one. */
export async function dashboardNote(platform: Platform): Promise<string> {
  const url = await platform.dashboardUrl
  return url === undefined ? '' : `; dashboard at ${url}`
}

export const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })))

export function up(options: UpOptions): Promise<number> {
  return withPlatform(options, async (platform, signal) => {
    notice(`up; API at ${platform.url}${await dashboardNote(platform)}; Ctrl-C stops everything`)
    await untilAborted(signal)
    return 0
  })
}
