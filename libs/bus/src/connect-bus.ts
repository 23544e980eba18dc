import type { Bus } from './bus.ts'

export type BusConfig =
  | { kind: 'embedded'; directory: string; synchronous?: 'NORMAL' | 'FULL' }
  | {
    kind: 'kafka'; brokers: string[]; clientId: string
    /** Present: connections are encrypted, and brokers have a certificate of the authorities in the file (PEM), or of one that Node trusts. */
    tls?: { caFile?: string }
    sasl?: { mechanism: 'scram-sha-512'; username: string; password: string }
  }

/** Opens the bus that the configuration names; the other adapter's code is not loaded. */
export async function connectBus(config: BusConfig): Promise<Bus> {
  switch (config.kind) {
    case 'embedded': return (await import('./embedded/embedded-bus.ts')).openEmbeddedBus(config)
    case 'kafka': return (await import('./kafka/kafka-bus.ts')).openKafkaBus(config)
    default: return config satisfies never
  }
}
