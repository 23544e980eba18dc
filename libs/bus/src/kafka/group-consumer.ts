import type { StreamForgeError } from '@streamforge/contracts'
import type { BatchHandler, ConsumeOptions, Consumer } from '../bus.ts'
import { channels, type CommitDiagnostic } from '../channels.ts'
import { defaultRetryDelay, retryDelayMs } from '../retry-delay.ts'
import type { KafkaCluster } from './cluster.ts'
import { FetchSession } from './fetch-session.ts'
import { GroupMember, heartbeatMs, rebalanceTimeoutMs, sessionTimeoutMs, type TopicPartition } from './group-member.ts'
import { busClosed, isTransient, kafkaErrorType, toBusError } from './kafka-errors.ts'
import { Lane } from './lane.ts'
import { OffsetCommitter, type PartitionOffset } from './offset-committer.ts'
import { committedOffsets, listOffsets } from './partition-offsets.ts'
import { pause, within } from './retry.ts'
import { findLeaders } from './topic-leaders.ts'

/** Why a generation ended. Lost: others may already own the partitions. */
type End = { why: 'rebalance' | 'lost' | 'close' } | { why: 'fatal'; error: StreamForgeError }

const joinDelay = { initialMs: 100, maxMs: 2000 }
/** In a rebalance, handlers get this long to end by themselves, and the rest of the rebalance timeout, less a margin, after the abort. */
const graceMs = rebalanceTimeoutMs / 2
const afterAbortMs = rebalanceTimeoutMs / 3
const goneTypes = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID'])
const laneId = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`

/**
 * A member of a consumer group. kafkajs's own consumer is not used because it starts over at its default offset when the committed one is
 * gone, lets one slow partition hold up the others, and cannot tell a running handler that its partition has been taken away.
 */
export class GroupConsumer implements Consumer {
  readonly ready: Promise<void>
  readonly done: Promise<void>
  readonly #cluster: KafkaCluster
  readonly #options: ConsumeOptions
  readonly #handler: BatchHandler
  readonly #random: () => number
  readonly #member: GroupMember
  readonly #ready = Promise.withResolvers<void>()
  readonly #closing = new AbortController()
  /** Handlers that outlived their generation; the partition waits for them when it comes back. */
  readonly #stragglers = new Map<string, Promise<void>>()
  #assigned: TopicPartition[] = []
  #end: PromiseWithResolvers<End> = Promise.withResolvers()

  constructor(cluster: KafkaCluster, options: ConsumeOptions, handler: BatchHandler, random: () => number) {
    this.#cluster = cluster
    this.#options = options
    this.#handler = handler
    this.#random = random
    this.#member = new GroupMember({ cluster, group: options.group, topics: options.topics, random })
    this.ready = this.#ready.promise
    this.ready.catch(() => {})
    this.done = this.#run()
    this.done.catch(() => {})
  }

  assignment(): readonly TopicPartition[] {
    return this.#assigned
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#end.resolve({ why: 'close' })
    await this.done.catch(() => {})
  }

  async #run(): Promise<void> {
    try {
      for (let failures = 0; !this.#closing.signal.aborted;) {
        const assigned = await this.#join()
        if (assigned) failures = 0
        else await pause(retryDelayMs(failures++, joinDelay, this.#random), this.#closing.signal)
        if (assigned) await this.#liveGeneration(assigned)
      }
    } catch (error) {
      this.#ready.reject(error)
      throw error
    } finally {
      this.#ready.reject(busClosed())
      this.#assigned = []
      await this.#member.leave().catch(() => {})
      await this.#cluster.close()
    }
  }

  /** The partitions and where each begins; undefined when it is to be tried again. */
  async #join(): Promise<PartitionOffset[] | undefined> {
    try {
      const assigned = await this.#member.join()
      const positions = await this.#positions(assigned)
      this.#assigned = assigned
      this.#ready.resolve()
      return positions
    } catch (error) {
      const type = kafkaErrorType(error)
      if (type !== undefined && goneTypes.has(type)) this.#member.forgetMembership()
      else if (!isTransient(error)) throw toBusError(error, `join the group '${this.#options.group}'`)
      this.#member.forgetCoordinator()
      if (type === undefined) await this.#cluster.refresh().catch(() => {})
      return undefined
    }
  }

  async #positions(assigned: readonly TopicPartition[]): Promise<PartitionOffset[]> {
    const { group, from } = this.#options
    const positions: PartitionOffset[] = []
    const fresh: PartitionOffset[] = []
    for (const [topic, ofTopic] of Map.groupBy(assigned, (a) => a.topic)) {
      const partitions = ofTopic.map((a) => a.partition)
      const committed = await committedOffsets(this.#cluster, group, topic, partitions)
      const without = partitions.filter((p) => !committed.has(p))
      const leaders = await findLeaders(this.#cluster, topic, { random: this.#random, withinMs: 1000 })
      const starts = without.length > 0 ? await listOffsets(this.#cluster, topic, { leaders, partitions: without, at: from }) : new Map<number, bigint>()
      for (const [partition, offset] of committed) positions.push({ topic, partition, offset })
      for (const [partition, offset] of starts) fresh.push({ topic, partition, offset })
    }
    // Remembered at once: a member that took over before the first commit would start at a later 'latest' and skip what came between.
    if (fresh.length > 0) await this.#member.commit(fresh)
    return [...positions, ...fresh]
  }

  async #liveGeneration(positions: readonly PartitionOffset[]): Promise<void> {
    this.#end = Promise.withResolvers()
    if (this.#closing.signal.aborted) this.#end.resolve({ why: 'close' })
    const over = new AbortController()
    const committer = new OffsetCommitter({
      commit: (offsets) => this.#commit(offsets),
      random: this.#random,
      onLost: () => this.#end.resolve({ why: 'lost' }),
      onFatal: (error) => this.#end.resolve({ why: 'fatal', error: toBusError(error, `commit offsets of '${this.#options.group}'`) }),
    })
    const lanes = positions.map((position) => this.#lane(position, committer))
    const session = new FetchSession({
      cluster: this.#cluster, lanes, group: this.#options.group, random: this.#random, onFatal: (error) => this.#end.resolve({ why: 'fatal', error }),
    })
    session.start()
    const heartbeats = this.#keepAlive(over.signal)
    const end = await this.#end.promise
    session.stop()
    await this.#wind(end, lanes, committer)
    over.abort()
    await heartbeats
    if (end.why === 'fatal') throw end.error
  }

  #lane(position: PartitionOffset, committer: OffsetCommitter): Lane {
    const { topic, partition, offset } = position
    const { group, maxBatch = 1000, retryDelay = defaultRetryDelay } = this.#options
    return new Lane({
      topic, partition, position: offset, group, maxBatch, retryDelay, random: this.#random, handler: this.#handler,
      after: this.#stragglers.get(laneId(position)),
      onHandled: (next) => committer.handled({ topic, partition, offset: next }),
    })
  }

  /** Ends the handlers in hand in the way that the generation's end allows, and commits what they achieved. */
  async #wind(end: End, lanes: readonly Lane[], committer: OffsetCommitter): Promise<void> {
    const halted = Promise.all(lanes.map((lane) => lane.halt()))
    if (end.why === 'rebalance') {
      await within(halted, graceMs, this.#closing.signal)
    } else if (end.why === 'lost') {
      committer.abandon()
    }
    for (const lane of lanes) lane.abort()
    if (end.why === 'rebalance' || end.why === 'lost') {
      await within(halted, afterAbortMs)
      for (const lane of lanes) this.#remember(lane)
    } else {
      await halted
    }
    await within(committer.flush(), sessionTimeoutMs)
    committer.abandon()
  }

  #remember(lane: Lane): void {
    const ended = lane.halt()
    this.#stragglers.set(laneId(lane), ended)
    void ended.then(() => {
      if (this.#stragglers.get(laneId(lane)) === ended) this.#stragglers.delete(laneId(lane))
    })
  }

  async #commit(offsets: readonly PartitionOffset[]): Promise<void> {
    try {
      await this.#member.commit(offsets)
      this.#report(offsets, false)
    } catch (error) {
      this.#member.forgetCoordinator()
      if (goneTypes.has(kafkaErrorType(error) ?? '')) this.#report(offsets, true)
      throw error
    }
  }

  #report(offsets: readonly PartitionOffset[], refused: boolean): void {
    if (!channels.commit.hasSubscribers) return
    for (const { topic, partition, offset } of offsets) {
      channels.commit.publish({ topic, partition, group: this.#options.group, offset: String(offset), refused } satisfies CommitDiagnostic)
    }
  }

  /** Heartbeats until the generation is over; they go on while handlers end, so that the group waits for them. */
  async #keepAlive(over: AbortSignal): Promise<void> {
    let heard = performance.now()
    while (!over.aborted) {
      await pause(heartbeatMs, over)
      if (over.aborted) return
      try {
        await this.#member.heartbeat()
        heard = performance.now()
      } catch (error) {
        const type = kafkaErrorType(error) ?? ''
        if (type === 'REBALANCE_IN_PROGRESS') {
          heard = performance.now()
          this.#end.resolve({ why: 'rebalance' })
        } else if (goneTypes.has(type) || performance.now() - heard > sessionTimeoutMs) {
          this.#end.resolve({ why: 'lost' })
        } else {
          this.#member.forgetCoordinator()
          await this.#cluster.refresh().catch(() => {})
        }
      }
    }
  }
}
