import {
  catalog, dataTopic, isStageType, shadowQueueId, StreamForgeError, type Assignment, type CanaryApp, type CatalogEntry, type StageSpec, type StartCommand, type StoredQueue,
} from '@streamforge/contracts'

export interface Shadow {
  start: StartCommand
  /** Where its outputs are. */
  outputs: { kind: 'topic'; current: string; shadow: string } | { kind: 'collection'; current: string; shadow: string }
  /** Topics, collections and consumer groups that are its own, and go when it is over. */
  owns: { topic?: string; collection?: string; groups: readonly string[] }
}

/**
 * The assignment of a worker that does again what a queue's worker does, beside it: the same input, a consumer group of its own, and outputs
 * that nobody else reads. Pure.
 * @throws StreamForgeError INVALID_FIELD when the queue has no such worker, or its outputs would mix with others'
 */
export function planShadow(queue: StoredQueue, app: CanaryApp, { version, suffix, now }: { version: string; suffix: string; now: number }): Shadow {
  const job = queue.jobs.find(({ target }) => target === app)
  if (!job) {
    throw new StreamForgeError('INVALID_FIELD', `queue ${queue.queue_id} has no ${app}`, { remedy: `it has ${queue.jobs.map(({ target }) => target).join(' and ')}` })
  }
  const stores = app === 'arango-connector'
  if (stores && isStageType(queue.type)) {
    throw new StreamForgeError('INVALID_FIELD', `the connector of stage ${queue.queue_id} cannot be shadowed: stages share collections`, { remedy: 'name a queue that loads data' })
  }
  const id = shadowQueueId(queue.queue_id, suffix)
  const collection = `canary_${suffix}_${queue.collection_name}`
  const assignment: Assignment = {
    queue_id: id, target: job.target, venue: queue.venue, symbol: queue.symbol, type: queue.type, time_range: queue.time_range,
    kafka_topic: stores ? queue.kafka_topic : dataTopic(id), collection_name: stores ? collection : queue.collection_name,
    telemetry_id: `${app}__canary-${suffix}`, attempt: 1, shards: queue.shards, checkpoint: [],
    // Gaps and markers on the topic carry the id of the queue whose topic it is.
    ...(stores && { topic_of: queue.topic_of ?? queue.queue_id }),
  }
  return {
    start: { command: 'start', ...assignment, image: `canary/${app}:${version}`, timestamp: now / 1000 },
    outputs: stores
      ? { kind: 'collection', current: queue.collection_name, shadow: collection }
      : { kind: 'topic', current: queue.kafka_topic, shadow: dataTopic(id) },
    owns: { ...(stores ? { collection } : { topic: dataTopic(id) }), groups: groupsOf(app, id) },
  }
}

/** All that the app may read with for a queue, whether this one does or not. */
const groupsOf = (app: CanaryApp, queueId: string): string[] => {
  const entries: readonly CatalogEntry[] = Object.values(catalog)
  return entries.flatMap((entry) => entry.groups[app] ?? []).filter((group) => group.includes('{queue_id}')).map((group) => group.replace('{queue_id}', queueId))
}

/** What the shadow of a stage works on: the same inputs; as in a replay, nothing of it is promoted, and forecasts are made by the same model. */
export function shadowSpec(spec: StageSpec, queue: StoredQueue, shadowId: string): StageSpec {
  return {
    ...spec, _key: shadowId, queue_id: shadowId, replay_of: spec.workflow_id,
    original: { queue_id: queue.queue_id, ...(queue.certificate && { checksum: queue.certificate.checksum }), ...(queue.result && { result: queue.result }) },
  }
}
