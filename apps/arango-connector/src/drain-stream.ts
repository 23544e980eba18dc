import { type Bus, consumeMessages } from '@streamforge/bus'
import { catalog, type DataMessage, StreamForgeError, type StreamMarker } from '@streamforge/contracts'
import { abortableDelay } from '@streamforge/service'
import type { Store } from '@streamforge/store'
import { type Dataset, foreignness, isKept } from './dataset.ts'
import { type StoredBatch, storeBatch } from './store-batch.ts'
import { addMarkers, isComplete, markerKeyRange, missingMarkers, startCompletion, type StreamCompletion } from './stream-completion.ts'
import { producerOf, watchLoader } from './watch-loader.ts'

export interface DrainOptions {
  bus: Bus
  store: Store
  dataset: Dataset
  topic: string
  group: string
  collection: string
  service: string
  signal: AbortSignal
  now: () => number
  /** Called before each batch is stored, with what is to be stored of it. */
  onBringing?: (messages: readonly DataMessage[]) => Promise<void>
  /** Called after each batch is durable. */
  onStored: (batch: StoredBatch, deadLettered: number) => void | Promise<void>
  maxBatch?: number
  /** Milliseconds between looks at a stream that is not at its end; default 200. */
  pollMs?: number
  /** Milliseconds that live data is left to gather after a small batch; default 50. */
  gatherMs?: number
  /** Milliseconds without a message before the loader is asked whether more will come; default 5000. */
  idleMs?: number
}

/**
 * Consumes a queue's data topic into the store until all markers are seen and nothing is left to consume. A marker that is a dead letter
 * does not come any more: then the stream ends when its loader has finished, and the markers stay missing in what is returned.
 */
export async function drainStream(options: DrainOptions): Promise<StreamCompletion> {
  const stream = await openStream(options)
  try {
    return await awaitEnd(stream, options)
  } finally {
    await stream.close()
  }
}

/** Messages; after fewer than these it is worth waiting for more. */
const smallBatch = 500

/** Begins to consume a queue's data topic into the store. */
export async function openStream(options: DrainOptions): Promise<Stream> {
  const { bus, store, dataset, topic, group } = options
  const { partitions } = await bus.admin.describeTopic(topic)
  let completion = addMarkers(startCompletion(dataset.shards, partitions.length), await readMarkers(store, dataset.queueId))
  let lastMessage = performance.now()
  const { promise: broken, reject: giveUp } = Promise.withResolvers<never>()
  const consumer = await consumeMessages(
    bus, catalog.data,
    {
      group, topics: [topic], from: 'earliest', alone: true, service: options.service, maxBatch: options.maxBatch ?? 1000, now: options.now,
      reasonToRefuse: (message) => foreignness(dataset, message),
    },
    async ({ messages, deadLettered }) => {
      const kept = dataset.live ? messages.filter(({ value }) => isKept(dataset, value)) : messages
      await options.onBringing?.(kept.map(({ value }) => value))
      const stored = await storeBatch(store, { own: options.collection, features: dataset.unit === 'rows' ? dataset.features : undefined }, kept).catch((error: unknown) => {
        throw isOfMessages(error) ? error : notOfMessages(error, giveUp)
      })
      await options.onStored(stored, deadLettered)
      completion = addMarkers(completion, stored.markers)
      lastMessage = performance.now()
      // A write of ten records costs hardly less than one of five hundred, and nobody waits for live data in the store.
      if (dataset.live && messages.length < smallBatch) await abortableDelay(options.gatherMs ?? 50, options.signal)
    },
  )
  const ended = Promise.race([consumer.done, broken])
  // It is awaited again and again below; a rejection between two looks is no unhandled one.
  ended.catch(() => undefined)
  return {
    ended,
    known: () => completion,
    async refresh() {
      if (!isComplete(completion)) completion = addMarkers(completion, await readMarkers(store, dataset.queueId))
      return completion
    },
    drained: async () => (await bus.admin.lag(group, topic)).every(({ lag }) => lag === 0n),
    idleFor: () => performance.now() - lastMessage,
    loaderStatus: watchLoader(bus, dataset.queueId, producerOf(dataset.type)),
    close: () => consumer.close(),
  }
}

/** A message that the store refuses is a dead letter, and a store that is away comes back; the bus takes care of both. */
function isOfMessages(error: unknown): boolean {
  return error instanceof StreamForgeError && (error.code === 'STORE_REJECTED' ? !error.details.everything : error.retryable)
}

/** Anything else is no message's fault: the work ends with it, and what is thrown keeps the batch on the topic. */
function notOfMessages(error: unknown, giveUp: (error: unknown) => void): StreamForgeError {
  giveUp(error)
  return new StreamForgeError('UNAVAILABLE', 'the connector cannot go on', { cause: error })
}

/** A data topic that is being consumed. */
export interface Stream {
  /** Rejects when it cannot go on. */
  readonly ended: Promise<void>
  known(): StreamCompletion
  /** Markers may also have been stored by another connector of the queue, which holds some of the partitions. */
  refresh(): Promise<StreamCompletion>
  drained(): Promise<boolean>
  idleFor(): number
  /** What the loader has said last. */
  loaderStatus: ReturnType<typeof watchLoader>
  close(): Promise<void>
}

async function awaitEnd(stream: Stream, { signal, pollMs = 200, idleMs = 5000 }: DrainOptions): Promise<StreamCompletion> {
  const refreshMs = Math.min(idleMs, 1000)
  for (;;) {
    signal.throwIfAborted()
    const idle = stream.idleFor()
    const completion = idle > refreshMs ? await stream.refresh() : stream.known()
    if (isComplete(completion) && await stream.drained()) return completion
    // The loader is asked before the topic: what it sent before it finished is on the topic by then.
    if (idle > idleMs && (await stream.loaderStatus()) === 'finished' && await stream.drained()) return stream.refresh()
    const waitMs = isComplete(completion) ? Math.min(20, pollMs) : idle > idleMs ? refreshMs : pollMs
    await Promise.race([stream.ended, abortableDelay(waitMs, signal)])
  }
}

async function readMarkers(store: Store, queueId: string): Promise<StreamMarker[]> {
  const markers: StreamMarker[] = []
  for await (const batch of store.scan('stream_markers', markerKeyRange(queueId))) {
    for (const { _key, ...marker } of batch) markers.push(marker as StreamMarker)
  }
  return markers
}

/** A stream without all its markers and without dead letters among which they could be is not whole. @throws StreamForgeError RECONCILIATION_MISMATCH */
export function requireMarkers(completion: StreamCompletion, deadLettered: number): void {
  const missing = missingMarkers(completion)
  if (missing.length <= deadLettered) return
  const { shard, partition } = missing[0]!
  throw new StreamForgeError(
    'RECONCILIATION_MISMATCH',
    `${missing.length} end-of-stream markers are missing, such as that of shard ${shard} in partition ${partition}, and the loader has finished`,
    { remedy: 'the next attempt reads the data topic from its start again', details: { missing: missing.length, few: true } },
  )
}
