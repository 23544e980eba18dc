import { AssignerProtocol, type Assignment } from 'kafkajs'
import { assignPartitions } from '../embedded/assign-partitions.ts'
import type { KafkaBroker, KafkaCluster } from './cluster.ts'
import type { PartitionOffset } from './offset-committer.ts'
import { findLeaders } from './topic-leaders.ts'

export const sessionTimeoutMs = 6000
export const rebalanceTimeoutMs = 6000
export const heartbeatMs = 1000

export interface TopicPartition {
  topic: string
  partition: number
}

/** kafkajs's own name for its assignment, so that a plain kafkajs consumer can be a member of the same group. */
const protocolName = 'RoundRobinAssigner'

/** One client's membership in a consumer group: the requests, without the timing. */
export class GroupMember {
  readonly #cluster: KafkaCluster
  readonly #group: string
  readonly #topics: readonly string[]
  readonly #random: () => number
  #coordinator: KafkaBroker | undefined
  #memberId = ''
  #generation = -1

  constructor(options: { cluster: KafkaCluster; group: string; topics: readonly string[]; random: () => number }) {
    this.#cluster = options.cluster
    this.#group = options.group
    this.#topics = options.topics
    this.#random = options.random
  }

  /** Takes part in a rebalance; resolves with the partitions that this member has got. */
  async join(): Promise<TopicPartition[]> {
    const coordinator = await this.#atCoordinator()
    const joined = await coordinator.joinGroup({
      groupId: this.#group, memberId: this.#memberId, sessionTimeout: sessionTimeoutMs, rebalanceTimeout: rebalanceTimeoutMs,
      groupProtocols: [{
        name: protocolName, metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics: [...this.#topics], userData: Buffer.alloc(0) }),
      }],
    })
    this.#memberId = joined.memberId
    this.#generation = joined.generationId
    const { memberAssignment } = await coordinator.syncGroup({
      groupId: this.#group, memberId: this.#memberId, generationId: this.#generation,
      groupAssignment: joined.leaderId === joined.memberId ? await this.#assignAll(joined.members) : [],
    })
    const assignment = AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment
    return Object.entries((assignment ?? {}) as Assignment).flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })))
  }

  async heartbeat(): Promise<void> {
    const coordinator = await this.#atCoordinator()
    await coordinator.heartbeat({ groupId: this.#group, memberId: this.#memberId, groupGenerationId: this.#generation })
  }

  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    const coordinator = await this.#atCoordinator()
    await coordinator.offsetCommit({
      groupId: this.#group, memberId: this.#memberId, groupGenerationId: this.#generation,
      topics: Array.from(Map.groupBy(offsets, (o) => o.topic), ([topic, ofTopic]) => ({
        topic, partitions: ofTopic.map(({ partition, offset }) => ({ partition, offset: String(offset) })),
      })),
    })
  }

  async leave(): Promise<void> {
    if (this.#memberId === '') return
    await (await this.#atCoordinator()).leaveGroup({ groupId: this.#group, memberId: this.#memberId })
    this.#memberId = ''
  }

  /** The next request asks who coordinates the group. */
  forgetCoordinator(): void {
    this.#coordinator = undefined
  }

  /** The group does not know this member any more: the next join is as a new one. */
  forgetMembership(): void {
    this.#memberId = ''
  }

  async #atCoordinator(): Promise<KafkaBroker> {
    if (!this.#coordinator?.isConnected()) this.#coordinator = await this.#cluster.coordinator(this.#group)
    return this.#coordinator
  }

  async #assignAll(members: readonly { memberId: string; memberMetadata: Buffer }[]): Promise<{ memberId: string; memberAssignment: Buffer }[]> {
    const subscribers = members.map(({ memberId, memberMetadata }) => (
      { member: memberId, topics: AssignerProtocol.MemberMetadata.decode(memberMetadata)?.topics ?? [] }
    ))
    const partitions: (TopicPartition & { owner: undefined })[] = []
    for (const topic of new Set(subscribers.flatMap((s) => s.topics))) {
      const leaders = await findLeaders(this.#cluster, topic, { random: this.#random, withinMs: 1000 })
      leaders.forEach((_, partition) => partitions.push({ topic, partition, owner: undefined }))
    }
    const shares = Map.groupBy(assignPartitions(partitions, subscribers), (p) => p.target)
    return members.map(({ memberId }) => {
      const assignment: Record<string, number[]> = {}
      for (const { topic, partition } of shares.get(memberId) ?? []) (assignment[topic] ??= []).push(partition)
      return { memberId, memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: 0, assignment, userData: Buffer.alloc(0) }) }
    })
  }
}
