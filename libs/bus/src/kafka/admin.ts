import { StreamForgeError } from '@streamforge/contracts'
import type { BusAdmin, GroupInfo, IncomingMessage, PartitionLag, TopicConfig, TopicInfo } from '../bus.ts'
import type { KafkaCluster, Leaders } from './cluster.ts'
import { decodeFetched } from './decode-fetched.ts'
import { deleteRecords } from './delete-records.ts'
import { isDenied, kafkaErrorType, topicNotFound } from './kafka-errors.ts'
import { committedOffsets, listOffsets } from './partition-offsets.ts'
import { maxBatchBytes, noSuchPartition } from './plan-produce.ts'
import { pause, retrying } from './retry.ts'
import { findLeaders } from './topic-leaders.ts'
import { topicRetention } from './topic-retention.ts'

export interface AdminOptions {
  cluster: KafkaCluster
  random: () => number
  onDeleted: (topic: string) => void
}

const withinMs = 15_000
/** Groups asked at once for what they have committed. */
const groupsAtOnce = 8
const peekBytes = 1024 * 1024
const isInternal = (name: string) => name.startsWith('__')

/** Kafka's administration, by requests of our own: kafkajs's admin client goes astray once a topic that it has seen is deleted. */
export class KafkaAdmin implements BusAdmin {
  readonly #cluster: KafkaCluster
  readonly #random: () => number
  readonly #onDeleted: (topic: string) => void

  constructor({ cluster, random, onDeleted }: AdminOptions) {
    this.#cluster = cluster
    this.#random = random
    this.#onDeleted = onDeleted
  }

  async createTopic({ name, partitions, retentionMs }: TopicConfig): Promise<boolean> {
    const created = await this.#retry(`create topic '${name}'`, async () => {
      const configEntries = [
        { name: 'retention.ms', value: String(retentionMs ?? -1) },
        { name: 'max.message.bytes', value: String(maxBatchBytes) },
      ]
      try {
        await (await this.#cluster.anyBroker()).createTopics({ topics: [{ topic: name, numPartitions: partitions, replicationFactor: -1, configEntries }] })
        return true
      } catch (error) {
        if (kafkaErrorType(error) === 'TOPIC_ALREADY_EXISTS') return false
        // Who may not make topics is told so even of one that there is.
        if (isDenied(error) && (await this.#cluster.leaders(name).catch(() => undefined))) return false
        if (kafkaErrorType(error) === 'INVALID_TOPIC_EXCEPTION' || kafkaErrorType(error) === 'INVALID_PARTITIONS') {
          throw new StreamForgeError('INVALID_FIELD', `Kafka refuses topic '${name}' with ${partitions} partitions`, { cause: error })
        }
        throw error
      }
    })
    await this.#untilKnown(name)
    return created
  }

  async deleteTopic(name: string): Promise<void> {
    await this.#leaders(name)
    await this.#retry(`delete topic '${name}'`, async () => {
      try {
        await (await this.#cluster.anyBroker()).deleteTopics({ topics: [name] })
      } catch (error) {
        // A retry after a lost answer, or another client was quicker.
        if (kafkaErrorType(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
      }
    })
    this.#onDeleted(name)
    while ((await this.#retry(`look up topic '${name}'`, () => this.#cluster.leaders(name))) !== undefined) await pause(20)
  }

  async listTopics(): Promise<string[]> {
    const topics = await this.#retry('list topics', () => this.#cluster.topics())
    return topics.filter((name) => !isInternal(name)).sort()
  }

  async describeTopic(name: string): Promise<TopicInfo> {
    const { leaders, earliest, latest } = await this.#ends(name)
    const retentionMs = await this.#retry(`describe topic '${name}'`, async () => topicRetention(await this.#cluster.anyBroker(), name))
    return {
      name,
      partitions: leaders.map((_, partition) => ({ partition, earliest: earliest.get(partition)!, latest: latest.get(partition)! })),
      retentionMs,
    }
  }

  async peek(topic: string, options: { partition: number; offset?: bigint; limit: number }): Promise<IncomingMessage[]> {
    const { partition, limit } = options
    const { leaders, earliest, latest } = await this.#ends(topic)
    const end = this.#partitionOf(latest, topic, partition)
    const first = earliest.get(partition)!
    let at = options.offset === undefined || options.offset < first ? first : options.offset
    const found: IncomingMessage[] = []
    while (found.length < limit && at < end) {
      const fetched = await this.#retry(`read '${topic}'`, async () => {
        const { responses } = await (await this.#cluster.broker(leaders[partition]!)).fetch({
          maxWaitTime: 100, minBytes: 1, maxBytes: peekBytes, isolationLevel: 1,
          topics: [{ topic, partitions: [{ partition, fetchOffset: String(at), maxBytes: peekBytes }] }],
        })
        return decodeFetched(topic, partition, at, responses[0]?.partitions[0]?.messages ?? [])
      })
      if (fetched.next === at) break
      at = fetched.next
      found.push(...fetched.messages)
    }
    return found.slice(0, limit)
  }

  async deleteRecords(topic: string, options: { partition: number; before: bigint; olderThan?: number }): Promise<bigint> {
    const { partition, before, olderThan } = options
    const { earliest, latest } = await this.#ends(topic)
    const held = { earliest: earliest.get(partition)!, latest: this.#partitionOf(latest, topic, partition) }
    if (before <= held.earliest) return held.earliest
    this.#mustHold(topic, partition, before, held)
    await this.#retry(`delete messages of '${topic}'`, async () => deleteRecords(this.#cluster, topic, await this.#leaders(topic), { partition, before, olderThan }))
    return (await this.#ends(topic)).earliest.get(partition)!
  }

  async groupsOf(topic: string): Promise<string[]> {
    const partitions = [...(await this.#leaders(topic)).keys()]
    const names = (await this.listGroups()).map(({ group }) => group)
    const found: string[] = []
    for (let start = 0; start < names.length; start += groupsAtOnce) {
      await Promise.all(names.slice(start, start + groupsAtOnce).map(async (group) => {
        const committed = await this.#retry(`read offsets of group '${group}'`, () => committedOffsets(this.#cluster, group, topic, partitions))
        if (committed.size > 0) found.push(group)
      }))
    }
    return found.sort()
  }

  async listGroups(): Promise<GroupInfo[]> {
    return this.#retry('list groups', async () => {
      const brokers = await this.#cluster.brokers()
      const perBroker = await Promise.all(brokers.map(async (broker) => {
        const names = (await broker.listGroups()).groups.filter((g) => g.protocolType === 'consumer' || g.protocolType === '').map((g) => g.groupId)
        const described = names.length > 0 ? (await broker.describeGroups({ groupIds: names })).groups : []
        return described.map((g) => ({ group: g.groupId, members: g.members.length }))
      }))
      return perBroker.flat().sort((a, b) => (a.group < b.group ? -1 : 1))
    })
  }

  async lag(group: string, topic: string): Promise<PartitionLag[]> {
    const { leaders, earliest, latest } = await this.#ends(topic)
    const committed = await this.#retry(`read offsets of group '${group}'`, () => committedOffsets(this.#cluster, group, topic, [...leaders.keys()]))
    return leaders.map((_, partition) => {
      const end = latest.get(partition)!
      const done = committed.get(partition)
      const from = done === undefined || done < earliest.get(partition)! ? earliest.get(partition)! : done
      return { topic, partition, committed: done, latest: end, lag: end > from ? end - from : 0n }
    })
  }

  async seek(group: string, topic: string, to: 'earliest' | 'latest' | { partition: number; offset: bigint }): Promise<void> {
    const { earliest, latest } = await this.#ends(topic)
    if (typeof to === 'object') {
      const end = this.#partitionOf(latest, topic, to.partition)
      this.#mustHold(topic, to.partition, to.offset, { earliest: earliest.get(to.partition)!, latest: end })
    }
    const offsets = typeof to === 'object' ? new Map([[to.partition, to.offset]]) : to === 'earliest' ? earliest : latest
    await this.#retry(`set offsets of group '${group}'`, async () => {
      const coordinator = await this.#cluster.coordinator(group)
      const { groups } = await coordinator.describeGroups({ groupIds: [group] }).catch(noSuchGroup)
      const members = groups[0]?.members.length ?? 0
      if (members > 0) throw hasMembers(group, members, 'its offsets cannot be set')
      await coordinator.offsetCommit({
        groupId: group, memberId: '', groupGenerationId: -1,
        topics: [{ topic, partitions: Array.from(offsets, ([partition, offset]) => ({ partition, offset: String(offset) })) }],
      })
    })
  }

  async deleteGroup(group: string): Promise<void> {
    await this.#retry(`delete group '${group}'`, async () => {
      const { results } = await (await this.#cluster.coordinator(group)).deleteGroups([group])
      const error = results[0]?.error
      const type = kafkaErrorType(error)
      if (type === 'NON_EMPTY_GROUP') throw hasMembers(group, undefined, 'it cannot be deleted')
      if (error !== undefined && type !== 'GROUP_ID_NOT_FOUND') throw error
    })
  }

  #retry<T>(doing: string, attempt: () => Promise<T>): Promise<T> {
    return retrying({ doing, withinMs, random: this.#random, between: () => this.#cluster.refresh() }, attempt)
  }

  #leaders(topic: string): Promise<Leaders> {
    return findLeaders(this.#cluster, topic, { random: this.#random, withinMs })
  }

  async #ends(topic: string): Promise<{ leaders: Leaders; earliest: Map<number, bigint>; latest: Map<number, bigint> }> {
    return this.#retry(`find the ends of '${topic}'`, async () => {
      const leaders = await this.#leaders(topic)
      const partitions = [...leaders.keys()]
      const [earliest, latest] = await Promise.all(
        (['earliest', 'latest'] as const).map((at) => listOffsets(this.#cluster, topic, { leaders, partitions, at })),
      )
      return { leaders, earliest: earliest!, latest: latest! }
    })
  }

  #partitionOf(ends: Map<number, bigint>, topic: string, partition: number): bigint {
    const end = ends.get(partition)
    if (end === undefined) throw noSuchPartition(topic, partition, ends.size)
    return end
  }

  #mustHold(topic: string, partition: number, offset: bigint, { earliest, latest }: { earliest: bigint; latest: bigint }): void {
    if (offset >= earliest && offset <= latest) return
    throw new StreamForgeError('OFFSET_OUT_OF_RANGE', `partition ${partition} of '${topic}' has no offset ${offset}: expected ${earliest} to ${latest}`, {
      details: { topic, partition, offset: String(offset), earliest: String(earliest), latest: String(latest) },
    })
  }

  /** A topic is usable when the broker that is asked has heard of it and every partition has a leader. */
  async #untilKnown(topic: string): Promise<void> {
    const deadline = performance.now() + withinMs
    for (;;) {
      const leaders = await this.#retry(`look up topic '${topic}'`, () => this.#cluster.leaders(topic))
      if (leaders?.every((leader) => leader >= 0)) return
      if (performance.now() > deadline) throw leaders ? new StreamForgeError('BUS_UNAVAILABLE', `topic '${topic}' has no leaders`) : topicNotFound(topic)
      await pause(20)
    }
  }
}

const noSuchGroup = (error: unknown): { groups: { members: unknown[] }[] } => {
  if (kafkaErrorType(error) === 'GROUP_ID_NOT_FOUND') return { groups: [] }
  throw error
}

const hasMembers = (group: string, members: number | undefined, consequence: string) =>
  new StreamForgeError('CONFLICT', `group '${group}' has ${members ?? 'active'} members; ${consequence}`, {
    remedy: 'stop its consumers first', details: { group },
  })
