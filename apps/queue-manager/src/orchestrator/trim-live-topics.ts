import type { Bus } from '@streamforge/bus'
import type { StoredQueue } from '@streamforge/contracts'
import { isLive } from '../queue/queue-input.ts'

export interface TrimOptions {
  bus: Bus
  queues: Iterable<StoredQueue>
  /** Messages from then on stay, in milliseconds since the epoch. */
  olderThan: number
}

/**
 * Keeps the topics of live queues, which have no end, from growing without one: what every consumer group of a topic has had, and is old, goes.
 * Resolves with how many messages went. A group that has begun and committed nothing yet keeps everything.
 */
export async function trimLiveTopics({ bus, queues, olderThan }: TrimOptions): Promise<bigint> {
  let deleted = 0n
  for (const queue of queues) if (isLive(queue) && queue.status === 'running') deleted += await trimTopic(bus, queue.kafka_topic, olderThan)
  return deleted
}

async function trimTopic({ admin }: Bus, topic: string, olderThan: number): Promise<bigint> {
  const groups = await admin.groupsOf(topic)
  if (groups.length === 0) return 0n
  const lags = (await Promise.all(groups.map((group) => admin.lag(group, topic)))).flat()
  let deleted = 0n
  for (const { partition, earliest } of (await admin.describeTopic(topic)).partitions) {
    const before = lags.filter((lag) => lag.partition === partition).map(({ committed }) => committed ?? 0n).reduce((a, b) => (a < b ? a : b))
    if (before > earliest) deleted += await admin.deleteRecords(topic, { partition, before, olderThan }) - earliest
  }
  return deleted
}
