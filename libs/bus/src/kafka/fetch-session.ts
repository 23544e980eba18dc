import { StreamForgeError } from '@streamforge/contracts'
import { channels, type RetryDiagnostic, type SkippedDiagnostic } from '../channels.ts'
import { offsetsDeleted, skippedReason } from '../offsets-deleted.ts'
import { retryDelayMs } from '../retry-delay.ts'
import type { KafkaCluster, Leaders } from './cluster.ts'
import { decodeFetched } from './decode-fetched.ts'
import { isTransient, kafkaErrorType, toBusError } from './kafka-errors.ts'
import type { Lane } from './lane.ts'
import { listOffsets } from './partition-offsets.ts'
import { pause } from './retry.ts'
import { findLeaders } from './topic-leaders.ts'
import { topicRetention } from './topic-retention.ts'

const bytesPerPartition = 512 * 1024
const bytesPerFetch = 2 * 1024 * 1024
/** How long a broker waits for something new: short while a partition sits the fetch out because its buffer is full. */
const waitMs = { allWanted: 300, someFull: 20 }
const delay = { initialMs: 50, maxMs: 2000 }
const topicGone = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'INVALID_TOPIC_EXCEPTION'])

export interface FetchSessionOptions {
  cluster: KafkaCluster
  lanes: readonly Lane[]
  group: string | undefined
  random: () => number
  onFatal: (error: StreamForgeError) => void
}

/**
 * Fetches for a fixed set of partitions, one request to a broker at a time, and fills their lanes. Broker failures are waited out for
 * ever; a deleted topic, or an offset past a partition's end or deleted too early, ends it.
 */
export class FetchSession {
  readonly #options: FetchSessionOptions
  readonly #stop = new AbortController()
  readonly #busy = new Set<number>()
  #leaders = new Map<string, Leaders>()
  #learning: Promise<void> | undefined
  #failures = 0

  constructor(options: FetchSessionOptions) {
    this.#options = options
  }

  start(): void {
    for (const lane of this.#options.lanes) lane.onRoom = () => this.#schedule()
    if (this.#options.lanes.length > 0) this.#learnLeaders()
  }

  /** Starts no further fetch; what is under way is ignored when it comes. */
  stop(): void {
    this.#stop.abort()
  }

  #schedule(): void {
    if (this.#stop.signal.aborted || this.#learning) return
    const byLeader = Map.groupBy(this.#options.lanes, (lane) => this.#leaders.get(lane.topic)?.[lane.partition] ?? -1)
    for (const [leader, lanes] of byLeader) {
      const wanting = lanes.filter((lane) => lane.wantsMore)
      if (wanting.length === 0 || this.#busy.has(leader)) continue
      this.#busy.add(leader)
      void this.#fetch(leader, wanting, wanting.length === lanes.length ? waitMs.allWanted : waitMs.someFull)
    }
  }

  async #fetch(leader: number, lanes: readonly Lane[], maxWaitTime: number): Promise<void> {
    try {
      await this.#request(leader, lanes, maxWaitTime)
      this.#failures = 0
    } catch (error) {
      await this.#recover(error, lanes)
    } finally {
      this.#busy.delete(leader)
    }
    this.#schedule()
  }

  async #request(leader: number, lanes: readonly Lane[], maxWaitTime: number): Promise<void> {
    const broker = await this.#options.cluster.broker(leader)
    const { responses } = await broker.fetch({
      maxWaitTime, minBytes: 1, maxBytes: bytesPerFetch, isolationLevel: 1,
      topics: Array.from(Map.groupBy(lanes, (lane) => lane.topic), ([topic, ofTopic]) => ({
        topic, partitions: ofTopic.map((l) => ({ partition: l.partition, fetchOffset: String(l.fetchOffset), maxBytes: bytesPerPartition })),
      })),
    })
    if (this.#stop.signal.aborted) return
    for (const { topicName, partitions } of responses) {
      for (const { partition, highWatermark, messages } of partitions) {
        const lane = lanes.find((l) => l.topic === topicName && l.partition === partition)
        if (!lane) continue
        const decoded = decodeFetched(topicName, partition, lane.fetchOffset, messages)
        lane.append(decoded.messages, decoded.next, BigInt(highWatermark))
      }
    }
  }

  async #recover(error: unknown, lanes: readonly Lane[]): Promise<void> {
    if (this.#stop.signal.aborted) return
    const type = kafkaErrorType(error) ?? ''
    try {
      if (type === 'OFFSET_OUT_OF_RANGE') return await this.#backIntoRange(lanes)
      if (!isTransient(error) && !topicGone.has(type)) return this.#fail(toBusError(error, 'fetch messages'))
    } catch (failure) {
      if (!isTransient(failure)) return this.#fail(toBusError(failure, 'fetch messages'))
    }
    this.#reportRetry(error, lanes)
    await pause(retryDelayMs(this.#failures++, delay, this.#options.random), this.#stop.signal)
    await this.#options.cluster.refresh().catch(() => {})
    this.#learnLeaders()
  }

  /**
   * What was deleted before it was read cannot be had any more. Retention does so to a group that is too slow: reported, and reading goes on at
   * what is left. From a topic without, somebody has deleted what the group still needed: that ends it.
   */
  async #backIntoRange(lanes: readonly Lane[]): Promise<void> {
    for (const [topic, ofTopic] of Map.groupBy(lanes, (lane) => lane.topic)) {
      const options = { leaders: this.#leaders.get(topic)!, partitions: ofTopic.map((lane) => lane.partition) }
      const earliest = await listOffsets(this.#options.cluster, topic, { ...options, at: 'earliest' })
      const latest = await listOffsets(this.#options.cluster, topic, { ...options, at: 'latest' })
      for (const lane of ofTopic) {
        if (lane.fetchOffset > latest.get(lane.partition)!) return this.#fail(pastTheEnd(lane, latest.get(lane.partition)!))
        const first = earliest.get(lane.partition)!
        if (lane.fetchOffset < first) await this.#passOver(lane, first)
      }
    }
  }

  async #passOver(lane: Lane, earliest: bigint): Promise<void> {
    const { topic, partition, fetchOffset: offset } = lane
    const { group, cluster } = this.#options
    if (group !== undefined && await topicRetention(await cluster.anyBroker(), topic) === undefined) {
      return this.#fail(offsetsDeleted({ topic, partition, group, offset, earliest }))
    }
    channels.skipped.publish({ topic, partition, offset: String(offset), reason: skippedReason(earliest) } satisfies SkippedDiagnostic)
    lane.fetchOffset = earliest
  }

  /** Looks all leaders up, for as long as it takes; then fetching goes on. */
  #learnLeaders(): void {
    this.#learning ??= this.#lookUpLeaders().finally(() => {
      this.#learning = undefined
      this.#schedule()
    })
  }

  async #lookUpLeaders(): Promise<void> {
    const { cluster, lanes, random } = this.#options
    for (let failures = 0; !this.#stop.signal.aborted; failures++) {
      try {
        const leaders = new Map<string, Leaders>()
        for (const topic of new Set(lanes.map((lane) => lane.topic))) leaders.set(topic, await findLeaders(cluster, topic, { random, withinMs: 0 }))
        this.#leaders = leaders
        if (lanes.every((lane) => (leaders.get(lane.topic)![lane.partition] ?? -1) >= 0)) return
      } catch (error) {
        if (!isTransient(error)) return this.#fail(toBusError(error, 'look up leaders'))
        this.#reportRetry(error, lanes)
      }
      await pause(retryDelayMs(failures, delay, random), this.#stop.signal)
      await cluster.refresh().catch(() => {})
    }
  }

  #reportRetry(error: unknown, lanes: readonly Lane[]): void {
    const { group } = this.#options
    if (!channels.retry.hasSubscribers || this.#stop.signal.aborted) return
    for (const { topic, partition } of lanes) channels.retry.publish({ topic, partition, group, attempt: this.#failures, error } satisfies RetryDiagnostic)
  }

  #fail(error: StreamForgeError): void {
    if (this.#stop.signal.aborted) return
    this.stop()
    this.#options.onFatal(error)
  }
}

const pastTheEnd = ({ topic, partition, fetchOffset }: Lane, latest: bigint) =>
  new StreamForgeError('OFFSET_OUT_OF_RANGE', `offset ${fetchOffset} of partition ${partition} of '${topic}' lies past its end, ${latest}`, {
    remedy: "Set the group's offset with seek", details: { topic, partition, offset: String(fetchOffset), latest: String(latest) },
  })
