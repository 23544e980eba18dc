import { StreamForgeError } from '@streamforge/contracts'
import type { BusAdmin, IncomingMessage, PartitionInfo, TopicInfo } from '../bus.ts'
import type { GroupStore } from './group-store.ts'
import type { OpenTopics } from './open-topics.ts'
import { noSuchPartition } from './plan-frames.ts'
import { withLockRetry } from './sqlite.ts'
import { PartitionReader, type TopicLog } from './topic-log.ts'
import type { TopicRegistry } from './topic-registry.ts'

interface AdminParts {
  topics: OpenTopics
  registry: TopicRegistry
  groups: GroupStore
  now: () => number
  /** @throws StreamForgeError BUS_CLOSED */
  assertOpen: () => void
}

export function embeddedAdmin({ topics, registry, groups, now, assertOpen }: AdminParts): BusAdmin {
  const groupWork = <T>(what: string, work: () => T) => {
    assertOpen()
    return withLockRetry(what, work)
  }
  const topicWork = <T>(topic: string, work: (log: TopicLog) => T) => {
    assertOpen()
    return topics.look(topic, (log) => {
      log.refresh()
      return work(log)
    })
  }
  return {
    createTopic: async (topic) => groupWork(`create topic '${topic.name}'`, () => registry.create(topic)),
    deleteTopic: async (name) => groupWork(`delete topic '${name}'`, () => registry.delete(name)),
    listTopics: async () => groupWork('list topics', () => registry.names()),
    describeTopic: async (name) => topicWork(name, describe),
    peek: async (topic, options) => topicWork(topic, (log) => peek(log, options)),
    deleteRecords: async (topic, options) => {
      while (await topicWork(topic, (log) => deleteSome(log, options)));
      return (await topicWork(topic, describe)).partitions[options.partition]!.earliest
    },
    groupsOf: async (topic) => {
      await topicWork(topic, describe)
      return groupWork(`look up the groups of '${topic}'`, () => groups.groupsOf(topic))
    },
    listGroups: async () => groupWork('list groups', () => groups.list(now())),
    lag: async (group, topic) => topicWork(topic, (log) => describe(log).partitions.map(({ partition, earliest, latest }) => {
      const offset = groups.committed(group, topic, partition)
      const committed = offset === undefined ? undefined : BigInt(offset)
      const from = committed === undefined || committed < earliest ? earliest : committed
      return { topic, partition, committed, latest, lag: latest > from ? latest - from : 0n }
    })),
    seek: async (group, topic, to) => {
      const offsets = await topicWork(topic, (log) => targetOffsets(log, to))
      await groupWork(`set the offsets of group '${group}'`, () => groups.setOffsets(group, offsets, now()))
    },
    deleteGroup: async (group) => groupWork(`delete group '${group}'`, () => groups.deleteGroup(group, now())),
  }
}

function describe(log: TopicLog): TopicInfo {
  const partitions: PartitionInfo[] = []
  for (let partition = 0; partition < log.partitions; partition++) {
    const { earliest, latest } = log.watermarks(partition)
    partitions.push({ partition, earliest: BigInt(earliest), latest: BigInt(latest) })
  }
  return { name: log.name, partitions, retentionMs: log.retentionMs }
}

function peek(log: TopicLog, { partition, offset, limit }: { partition: number; offset?: bigint; limit: number }): IncomingMessage[] {
  requirePartition(log, partition)
  const { earliest } = log.watermarks(partition)
  const reader = new PartitionReader(log, partition, Math.max(earliest, offset === undefined ? 0 : Number(offset)))
  const messages: IncomingMessage[] = []
  while (messages.length < limit) {
    const more = reader.read(limit - messages.length)
    if (more.length === 0) break
    messages.push(...more)
  }
  return messages
}

const FRAMES_AT_ONCE = 500

/** True when there may be more to delete. */
function deleteSome(log: TopicLog, { partition, before, olderThan = Infinity }: { partition: number; before: bigint; olderThan?: number }): boolean {
  requirePartition(log, partition)
  const { earliest, latest } = log.watermarks(partition)
  if (before > latest) throw noSuchOffset(log, { partition, offset: before, earliest, latest })
  return log.deleteOldest(partition, { before: Number(before), olderThan, atMost: FRAMES_AT_ONCE })
}

function noSuchOffset({ name }: TopicLog, at: { partition: number; offset: bigint; earliest: number; latest: number }): StreamForgeError {
  const { partition, offset, earliest, latest } = at
  return new StreamForgeError('OFFSET_OUT_OF_RANGE',
    `partition ${partition} of '${name}' has no offset ${offset}: expected ${earliest} to ${latest}`, {
      details: { topic: name, partition, offset: String(offset), earliest: String(earliest), latest: String(latest) },
    })
}

function targetOffsets(log: TopicLog, to: 'earliest' | 'latest' | { partition: number; offset: bigint }) {
  const all = Array.from({ length: log.partitions }, (_, partition) => ({ partition, ...log.watermarks(partition) }))
  const topic = log.name
  if (to === 'earliest' || to === 'latest') return all.map((p) => ({ topic, partition: p.partition, offset: p[to] }))
  requirePartition(log, to.partition)
  const { earliest, latest } = log.watermarks(to.partition)
  if (to.offset >= earliest && to.offset <= latest) return [{ topic, partition: to.partition, offset: Number(to.offset) }]
  throw noSuchOffset(log, { ...to, earliest, latest })
}

function requirePartition(log: TopicLog, partition: number): void {
  if (!Number.isInteger(partition) || partition < 0 || partition >= log.partitions) {
    throw noSuchPartition(log.name, partition, log.partitions)
  }
}
