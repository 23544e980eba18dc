import { join } from 'node:path'
import type { Bus } from '@streamforge/bus'
import { connectBus } from '@streamforge/bus'
import { connectStore, type Store, type StoreConfig } from '@streamforge/store'
import type { BaseConfig } from './base-config.ts'

export type BusConfig = Parameters<typeof connectBus>[0]

export function busConfig(config: BaseConfig, clientId: string): BusConfig {
  if (config.BUS === 'kafka') return { kind: 'kafka', brokers: config.KAFKA_BROKERS!, clientId }
  return { kind: 'embedded', directory: join(config.DATA_DIR, 'bus'), synchronous: config.SQLITE_SYNCHRONOUS }
}

export function storeConfig(config: BaseConfig): StoreConfig {
  if (config.STORE === 'embedded') {
    return { kind: 'embedded', file: join(config.DATA_DIR, 'store.db'), synchronous: config.SQLITE_SYNCHRONOUS }
  }
  return {
    kind: 'arango', url: config.ARANGO_URL!, database: config.ARANGO_DATABASE!, user: config.ARANGO_USER!, password: config.ARANGO_PASSWORD!,
  }
}

/** Adapters that a test brings along; they stay open when the service ends. */
export interface GivenAdapters {
  bus?: Bus
  store?: Store
}

export interface Connections {
  bus: Bus
  /** Connects on first use. */
  store: () => Promise<Store>
  /** Closes what was opened here. */
  close: () => Promise<void>
}

/** @throws StreamForgeError BUS_UNAVAILABLE */
export async function connect(config: BaseConfig, clientId: string, given: GivenAdapters): Promise<Connections> {
  const bus = given.bus ?? await connectBus(busConfig(config, clientId))
  let opened: Promise<Store> | undefined
  const store = () => {
    if (given.store) return Promise.resolve(given.store)
    // A failed attempt is forgotten, so that the next use tries again.
    opened ??= connectStore(storeConfig(config)).catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }
  const close = async () => {
    await opened?.then((connected) => connected.close(), () => undefined)
    if (!given.bus) await bus.close()
  }
  return { bus, store, close }
}
