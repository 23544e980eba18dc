import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bus } from '@streamforge/bus'
import { connectBus } from '@streamforge/bus'
import { connectObjects, type ObjectsConfig, type ObjectStore } from '@streamforge/objects'
import { connectStore, type Store, type StoreConfig } from '@streamforge/store'
import type { TimeSeries, TimeSeriesConfig } from '@streamforge/timeseries'
import { StreamForgeError } from '@streamforge/contracts'
import type { BaseConfig } from './base-config.ts'

export type BusConfig = Parameters<typeof connectBus>[0]

/** @param service of whom a user of its own is looked for in KAFKA_SASL_PASSWORD_DIR. @throws StreamForgeError BAD_CONFIG */
export function busConfig(config: BaseConfig, clientId: string, service = clientId): BusConfig {
  if (config.BUS === 'kafka') {
    const sasl = kafkaUser(config, service)
    const caFile = config.KAFKA_TLS_CA_FILE
    return {
      kind: 'kafka', brokers: config.KAFKA_BROKERS!, clientId,
      ...(config.KAFKA_TLS && { tls: caFile === undefined ? {} : { caFile } }),
      ...(sasl && { sasl: { mechanism: 'scram-sha-512', ...sasl } }),
    }
  }
  return { kind: 'embedded', directory: join(config.DATA_DIR, 'bus'), synchronous: config.SQLITE_SYNCHRONOUS }
}

/** Processes of one machine share their environment, not their users: each finds its own by its name. */
function kafkaUser(config: BaseConfig, service: string): { username: string; password: string } | undefined {
  const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password, KAFKA_SASL_PASSWORD_DIR: directory } = config
  if (username !== undefined && password !== undefined) return { username, password }
  if (directory === undefined) return undefined
  try {
    return { username: service, password: readFileSync(join(directory, service), 'utf8').trim() }
  } catch (cause) {
    throw new StreamForgeError('BAD_CONFIG', `KAFKA_SASL_PASSWORD_DIR has no readable file '${service}'`, { cause, remedy: 'npm run kafka:acls -- apply makes a user and its file for each service' })
  }
}

export function storeConfig(config: BaseConfig): StoreConfig {
  if (config.STORE === 'embedded') {
    return { kind: 'embedded', file: join(config.DATA_DIR, 'store.db'), synchronous: config.SQLITE_SYNCHRONOUS }
  }
  if (config.STORE === 'remote') return { kind: 'remote', url: config.STORE_URL!, token: config.STORE_TOKEN! }
  return {
    kind: 'arango', url: config.ARANGO_URL!, database: config.ARANGO_DATABASE!, user: config.ARANGO_USER!, password: config.ARANGO_PASSWORD!,
  }
}

export function objectsConfig(config: BaseConfig): ObjectsConfig {
  if (config.OBJECTS === 'embedded') return { kind: 'embedded', directory: join(config.DATA_DIR, 'objects') }
  return {
    kind: 's3', endpoint: config.S3_ENDPOINT!, bucket: config.S3_BUCKET, region: config.S3_REGION,
    accessKey: config.S3_ACCESS_KEY!, secretKey: config.S3_SECRET_KEY!,
  }
}

export function seriesConfig(config: BaseConfig): TimeSeriesConfig {
  if (config.TIMESERIES === 'embedded') return { kind: 'embedded', file: join(config.DATA_DIR, 'series.db'), synchronous: config.SQLITE_SYNCHRONOUS }
  return { kind: 'influx', url: config.INFLUX_URL!, token: config.INFLUX_TOKEN!, org: config.INFLUX_ORG, bucket: config.INFLUX_BUCKET }
}

/** Adapters that a test brings along; they stay open when the service ends. */
export interface GivenAdapters {
  bus?: Bus
  store?: Store
  objects?: ObjectStore
  series?: TimeSeries
}

export interface Connections {
  bus: Bus
  /** Connects on first use. */
  store: () => Promise<Store>
  /** Connects on first use. */
  objects: () => Promise<ObjectStore>
  /** Connects on first use. */
  series: () => Promise<TimeSeries>
  /** Closes what was opened here. */
  close: () => Promise<void>
}

/** @throws StreamForgeError BUS_UNAVAILABLE */
export async function connect(config: BaseConfig, clientId: string, given: GivenAdapters, service = clientId): Promise<Connections> {
  const bus = given.bus ?? await connectBus(busConfig(config, clientId, service))
  const store = onFirstUse(given.store, () => connectStore(storeConfig(config)))
  const objects = onFirstUse(given.objects, () => connectObjects(objectsConfig(config)))
  // Loaded only where it is used, which is one service.
  const series = onFirstUse(given.series, async () => (await import('@streamforge/timeseries')).connectTimeSeries(seriesConfig(config)))
  const close = async () => {
    await store.close()
    await objects.close()
    await series.close()
    if (!given.bus) await bus.close()
  }
  return { bus, store: store.get, objects: objects.get, series: series.get, close }
}

/** One that was given stays open; one that was made here is closed here. */
function onFirstUse<T extends { close: () => Promise<void> }>(given: T | undefined, make: () => Promise<T>) {
  let opened: Promise<T> | undefined
  const get = () => {
    if (given) return Promise.resolve(given)
    // A failed attempt is forgotten, so that the next use tries again.
    opened ??= make().catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }
  return { get, close: async () => opened?.then((connected) => connected.close(), () => undefined) }
}
