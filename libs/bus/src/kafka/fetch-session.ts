import { StreamForgeError } from '@streamforge/contracts'
import { retryChannel } from './channels.ts'
import type { KafkaCluster, Leaders } from './cluster.ts'
import { decodeFetched } from './decode-fetched.ts'
import { isTransient, kafkaErrorType, toBusError } from './kafka-errors.ts'
import type { Lane } from './lane.ts'
import { backoffMs, pause } from './retry.ts'
import { findLeaders } from './topic-leaders.ts'

const bytesPerPartition = 1024 * 1024
const bytesPerFetch = 8 * 1024 * 1024
/** How long a broker waits for something new: short while a partition sits the fetch out because its buffer is full. */
const waitMs = { allWanted: 500, someFull: 20 }
const backoff = { initialMs: 50, maxMs: 2000 }
const topicGone = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'INVALID_TOPIC_EXCEPTION'])

/**
 * Fetches for a fixed set of partitions, one request to a broker at a time, and fills their lanes. Broker failures are waited out for
 * ever; a deleted topic or an offset no longer held ends it.
 */
export class FetchSession {
  readonly #cluster: KafkaCluster
  readonly #lanes: readonly Lane[]
  readonly #random: () => number
  readonly #onFatal: (error: StreamForgeError) => void
  readonly #stop = new AbortController()
  readonly #busy = new Set<number>()
  #leaders = new Map<string, Leaders>()
  #learning: Promise<void> | undefined
  #failures = 0

  constructor(options: { cluster: KafkaCluster; lanes: readonly Lane[]; random: () => number; onFatal: (error: StreamForgeError) => void }) {
    this.#cluster = options.cluster
    this.#lanes = options.lanes
    this.#random = options.random
    this.#onFatal = options.onFatal
  }

  start(): void {
    for (const lane of this.#lanes) lane.onRoom = () => this.#schedule()
    if (this.#lanes.length > 0) this.#learnLeaders()
  }

  /** Starts no further fetch; what is under way is ignored when it comes. */
  stop(): void {
    this.#stop.abort()
  }

  #schedule(): void {
    if (this.#stop.signal.aborted || this.#learning) return
    const byLeader = Map.groupBy(this.#lanes, (lane) => this.#leaders.get(lane.topic)?.[lane.partition] ?? -1)
    for (const [leader, lanes] of byLeader) {
      const wanting = lanes.filter((lane) => lane.wantsMore)
      if (leader < 0) return this.#learnLeaders()
      if (wanting.length === 0 || this.#busy.has(leader)) continue
      this.#busy.add(leader)
      void this.#fetch(leader, wanting, wanting.length === lanes.length ? waitMs.allWanted : waitMs.someFull)
    }
  }

  async #fetch(leader: number, lanes: Lane[], maxWaitTime: number): Promise<void> {
    try {
      const broker = await this.#cluster.broker(leader)
      const { responses } = await broker.fetch({
        maxWaitTime, minBytes: 1, maxBytes: bytesPerFetch, isolationLevel: 1,
        topics: Array.from(Map.groupBy(lanes, (lane) => lane.topic), ([topic, ofTopic]) => ({
          topic, partitions: ofTopic.map((l) => ({ partition: l.partition, fetchOffset: String(l.fetchOffset), maxBytes: bytesPerPartition })),
        })),
      })
      this.#failures = 0
      if (this.#stop.signal.aborted) return
      for (const { topicName, partitions } of responses) {
        for (const { partition, highWatermark, messages } of partitions) {
          const lane = lanes.find((l) => l.topic === topicName && l.partition === partition)
          if (!lane) continue
          const decoded = decodeFetched(topicName, partition, lane.fetchOffset, messages)
          lane.append(decoded.messages, decoded.next, BigInt(highWatermark))
        }
      }
      this.#busy.delete(leader)
      this.#schedule()
    } catch (error) {
      this.#busy.delete(leader)
      await this.#recover(error)
    }
  }

  async #recover(error: unknown): Promise<void> {
    if (this.#stop.signal.aborted) return
    retryChannel.publish({ error })
    const type = kafkaErrorType(error)
    if (type === 'OFFSET_OUT_OF_RANGE') return this.#fail(outOfRange(error, this.#lanes))
    if (!isTransient(error) && !topicGone.has(type ?? '')) return this.#fail(toBusError(error, 'fetch messages'))
    await pause(backoffMs(backoff, this.#failures++, this.#random), this.#stop.signal)
    await this.#cluster.refresh().catch(() => {})
    this.#learnLeaders()
  }

  /** Looks all leaders up, for as long as it takes; then fetching goes on. */
  #learnLeaders(): void {
    this.#learning ??= this.#lookUpLeaders().finally(() => {
      this.#learning = undefined
      this.#schedule()
    })
  }

  async #lookUpLeaders(): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; failures++) {
      try {
        const leaders = new Map<string, Leaders>()
        for (const topic of new Set(this.#lanes.map((lane) => lane.topic))) {
          leaders.set(topic, await findLeaders(this.#cluster, topic, { random: this.#random, withinMs: 0 }))
        }
        this.#leaders = leaders
        if (this.#lanes.every((lane) => (leaders.get(lane.topic)![lane.partition] ?? -1) >= 0)) return
      } catch (error) {
        retryChannel.publish({ error })
        if (!isTransient(error)) return this.#fail(toBusError(error, 'look up leaders'))
      }
      await pause(backoffMs(backoff, failures, this.#random), this.#stop.signal)
      await this.#cluster.refresh().catch(() => {})
    }
  }

  #fail(error: StreamForgeError): void {
    if (this.#stop.signal.aborted) return
    this.stop()
    this.#onFatal(error)
  }
}

function outOfRange(cause: unknown, lanes: readonly Lane[]): StreamForgeError {
  const { topic, partition } = cause as { topic?: string; partition?: number }
  const lane = lanes.find((l) => l.topic === topic && l.partition === partition)
  return new StreamForgeError(
    'OFFSET_OUT_OF_RANGE',
    `offset ${lane?.fetchOffset ?? '?'} of ${topic}/${partition} is not held any more; the messages from there on were deleted before they were read`,
    { cause, details: { topic, partition, offset: String(lane?.fetchOffset) }, remedy: "seek the group to 'earliest' to go on with what is left" },
  )
}
