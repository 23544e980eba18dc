import { publishMessages, tailMessages, type Bus } from '@streamforge/bus'
import { catalog, isStageType, StageSpec, StreamForgeError, type StoredQueue, type WorkerEvent } from '@streamforge/contracts'
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

/** Takes away what only the shadow had. */
export async function removeShadow({ start, owns }: Shadow, { bus, store }: Pick<ShadowTools, 'bus' | 'store'>): Promise<void> {
  const ignore = () => undefined
  await bus.admin.deleteGroup(owns.group).catch(ignore)
  if (owns.topic !== undefined) await bus.admin.deleteTopic(owns.topic).catch(ignore)
  if (owns.collection !== undefined) await store.dropCollection(owns.collection).catch(ignore)
  for (const collection of ['stages', 'coverage']) await store.deleteKeys(collection, [start.queue_id]).catch(ignore)
  await store.deleteKeys('connector_counts', [`${start.queue_id}:${start.attempt}`]).catch(ignore)
  for (const collection of ['feature_state', 'stream_markers']) {
    const left = await store.find(collection, { where: { queue_id: start.queue_id }, limit: 10_000 }).catch(() => [])
    if (left.length > 0) await store.deleteKeys(collection, left.map(({ _key }) => _key))
  }
}

const isEnd = ({ status }: WorkerEvent) => status === 'finished' || status === 'stopped' || status === 'error'

async function readSpec(store: Store, queueId: string): Promise<StageSpec> {
  const stored = await store.get<StoredDocument>('stages', queueId)
  if (stored) return StageSpec.parse(stored)
  throw new StreamForgeError('NOT_FOUND', `stage ${queueId} has not been started: there is nothing to shadow`, { remedy: 'wait until it runs' })
}

const failed = (id: string, why: string) => new StreamForgeError('CANARY_FAILED', `the shadow ${id} failed: ${why}`, {
  remedy: "its log is below canary/jobs in the data directory; the current version has not been touched",
})
