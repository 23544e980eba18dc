import { connectBus, type Bus } from '@streamforge/bus'
import { busConfig, loadConfig } from '@streamforge/service'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openApiClient, type ApiClient } from './api-client.ts'
import { localToken, namedToken } from './caller-token.ts'
import { targetUrl } from './targets.ts'

/** Where the platform is: what every command takes. */
export interface ConnectionOptions {
  url?: string
  /** A platform by name: `laptop`, `cluster`, ... */
  target?: string
  dataDir: string
  kafka?: string
}

/** --url, --target, STREAMFORGE_URL, or the address that the queue-manager of this data directory left behind. */
export async function connectApi(options: ConnectionOptions): Promise<ApiClient> {
  const given = options.url ?? (options.target === undefined ? process.env.STREAMFORGE_URL : await targetUrl(options.target, process.env))
  if (given) return openApiClient(given, { token: namedToken(options.url === undefined ? options.target : undefined, process.env) })
  const file = join(resolve(options.dataDir), 'run', 'queue-manager.json')
  const recorded = await readFile(file, 'utf8').then((text) => JSON.parse(text) as { url: string }, () => undefined)
  return openApiClient(recorded?.url ?? 'http://127.0.0.1:8080', { token: await localToken(resolve(options.dataDir), process.env) })
}

/** The Kafka of --kafka or KAFKA_BROKERS, with the environment's user and encryption, otherwise the embedded bus in the data directory. */
export function connectPlatformBus(options: ConnectionOptions): Promise<Bus> {
  const brokers = options.kafka ?? (process.env.BUS === 'kafka' ? process.env.KAFKA_BROKERS : undefined)
  return brokers
    ? connectBus(busConfig(loadConfig({}, { ...process.env, BUS: 'kafka', KAFKA_BROKERS: brokers }), 'streamforge-cli', 'cli'))
    : connectBus({ kind: 'embedded', directory: join(resolve(options.dataDir), 'bus') })
}

/** Runs `work` with the bus and closes it whatever happens. */
export async function withBus<T>(options: ConnectionOptions, work: (bus: Bus) => Promise<T>): Promise<T> {
  const bus = await connectPlatformBus(options)
  try {
    return await work(bus)
  } finally {
    await bus.close()
  }
}
