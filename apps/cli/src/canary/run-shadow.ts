import { publishMessages, tailMessages, type Bus } from '@streamforge/bus'
import { catalog, isStageType, StageSpec, StreamForgeError, type ErrorCode, type StoredQueue, type WorkerEvent } from '@streamforge/contracts'
import type { Launcher } from '@streamforge/launcher'
import type { Store, StoredDocument } from '@streamforge/store'
import { setTimeout as delay } from 'node:timers/promises'
import { shadowSpec, type Shadow } from './plan-shadow.ts'

export interface ShadowTools {
  bus: Bus
  store: Store
  launcher: Launcher
  now: () => number
}

/**
 * Runs the shadow until it has done what there is, or, where its queue goes on, for a time, and then tells it to stop.
 * @throws StreamForgeError CANARY_FAILED when it fails
 */
export async function runShadow(shadow: Shadow, queue: StoredQueue, { bus, store, launcher, now }: ShadowTools, options: { forMs?: number; signal: AbortSignal }): Promise<void> {
  const { start, owns } = shadow
  if (isStageType(queue.type)) await store.writeBatch('stages', [shadowSpec(await readSpec(store, queue.queue_id), queue, start.queue_id)])
  if (owns.topic !== undefined) {
    const { partitions } = await bus.admin.describeTopic(queue.kafka_topic)
    await bus.admin.createTopic({ name: owns.topic, partitions: partitions.length })
  }
  const ended = Promise.withResolvers<WorkerEvent>()
  const events = await tailMessages(bus, catalog['queue-events'], { from: 'latest' }, async ({ messages }) => {
    for (const { value } of messages) if (value.status !== 'pong' && value.queue_id === start.queue_id && isEnd(value)) ended.resolve(value)
  })
  const stopWatching = launcher.onExit((job) => {
    if (job.queue_id !== start.queue_id) return
    // Its last event has been published by then: it only has to arrive.
    void delay(5_000, undefined, { ref: false }).then(() => ended.reject(failed(start.queue_id, `its process ended (${job.state.status}) without a word`)))
  })
  const stopped = new Promise<never>((_, reject) => options.signal.addEventListener('abort', () => reject(failed(start.queue_id, 'it was interrupted')), { once: true }))
  try {
    await launcher.launch(start)
    if (options.forMs !== undefined) {
      await Promise.race([delay(options.forMs), ended.promise, stopped])
      await publishMessages(bus, catalog['queue-control'], [{ command: 'stop', queue_id: start.queue_id, reason: 'the canary has seen enough', timestamp: now() / 1000 }])
    }
    const event = await Promise.race([ended.promise, stopped])
    if (event.status === 'error') throw failed(start.queue_id, `${event.error?.code ?? 'an error'}: ${event.message}`)
  } finally {
    stopWatching()
    await launcher.cancel(start, { graceMs: 5_000 })
    await events.close()
  }
}

/** Takes away what only the shadow had, as far as it can. Resolves with what is left there, and why. */
export async function removeShadow({ start, owns }: Shadow, { bus, store }: Pick<ShadowTools, 'bus' | 'store'>): Promise<string[]> {
  const left: string[] = []
  const remove = (what: string, removing: Promise<unknown>) => removing.catch((error: unknown) => {
    // One that ended early has not had everything.
    if (!isMissing(error)) left.push(`${what}: ${error instanceof Error ? error.message : String(error)}`)
  })
  for (const group of owns.groups) await remove(`consumer group ${group}`, bus.admin.deleteGroup(group))
  if (owns.topic !== undefined) await remove(`topic ${owns.topic}`, bus.admin.deleteTopic(owns.topic))
  if (owns.collection !== undefined) await remove(`collection ${owns.collection}`, store.dropCollection(owns.collection))
  for (const collection of ['stages', 'coverage']) await remove(`document of ${collection}`, store.deleteKeys(collection, [start.queue_id]))
  await remove('document of connector_counts', store.deleteKeys('connector_counts', [`${start.queue_id}:${start.attempt}`]))
  for (const collection of ['feature_state', 'stream_markers']) await remove(`documents of ${collection}`, removeDocuments(store, collection, start.queue_id))
  return left
}

async function removeDocuments(store: Store, collection: string, queueId: string): Promise<void> {
  const found = await store.find(collection, { where: { queue_id: queueId }, limit: 10_000 })
  if (found.length > 0) await store.deleteKeys(collection, found.map(({ _key }) => _key))
}

const missing: ReadonlySet<ErrorCode> = new Set(['TOPIC_NOT_FOUND', 'COLLECTION_NOT_FOUND'])
const isMissing = (error: unknown) => error instanceof StreamForgeError && missing.has(error.code)

const isEnd = ({ status }: WorkerEvent) => status === 'finished' || status === 'stopped' || status === 'error'

async function readSpec(store: Store, queueId: string): Promise<StageSpec> {
  const stored = await store.get<StoredDocument>('stages', queueId)
  if (stored) return StageSpec.parse(stored)
  throw new StreamForgeError('NOT_FOUND', `stage ${queueId} has not been started: there is nothing to shadow`, { remedy: 'wait until it runs' })
}

const failed = (id: string, why: string) => new StreamForgeError('CANARY_FAILED', `the shadow ${id} failed: ${why}`, {
  remedy: "its log is below canary/jobs in the data directory; the current version has not been touched",
})
