import type { Bus } from '@streamforge/bus'
import { MAX_EPOCH_MS, type Signal, signalKey, StreamForgeError } from '@streamforge/contracts'
import type { WorkerContext } from '@streamforge/service'
import type { Store, StoredDocument } from '@streamforge/store'
import { readTopic } from './read-topic.ts'
import type { SignalStage } from './signal-stage.ts'

export interface SignalsBefore {
  /** The newest of each symbol. */
  newest: Map<string, Signal>
  count: number
}

/** What the attempts before have decided: on the topic and, where that was trimmed, in the store. */
export async function readSignals(bus: Bus, store: Store, { spec }: SignalStage, { assignment, signal: stop }: WorkerContext<unknown>): Promise<SignalsBefore> {
  const newest = new Map<string, Signal>()
  const keys = new Set<string>()
  const note = (signal: Signal) => {
    keys.add(signalKey(signal))
    if (signal.open_time >= (newest.get(signal.symbol)?.open_time ?? -Infinity)) newest.set(signal.symbol, signal)
  }
  for (const symbol of spec.symbols) {
    stop.throwIfAborted()
    const stored = await newestStored(store, assignment.collection_name, (open_time) => signalKey({ symbol, interval: spec.interval, open_time }))
    if (stored) note(stored)
  }
  await readTopic(bus, assignment.kafka_topic, new Set(['signal'] as const), (message) => {
    if (message.kind === 'signal') note(message)
  }, stop)
  return { newest, count: keys.size }
}

async function newestStored(store: Store, collection: string, key: (openTime: number) => string): Promise<Signal | undefined> {
  const [document] = await store.find<Signal & StoredDocument>(collection, {
    where: { _key: { gte: key(1_000_000_000_000), lt: key(MAX_EPOCH_MS) } }, sort: [{ field: '_key', direction: 'desc' }], limit: 1,
  }).catch((error: unknown) => {
    if (error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND') return []
    throw error
  })
  return document
}
