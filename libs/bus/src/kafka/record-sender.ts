import { StreamForgeError } from '@streamforge/contracts'
import { CompressionTypes } from 'kafkajs'
import type { KafkaCluster, Leaders } from './cluster.ts'
import { isTransient, kafkaErrorType, toBusError, topicNotFound } from './kafka-errors.ts'
import type { PartitionBatch } from './plan-produce.ts'
import { backoffMs, pause } from './retry.ts'

export interface SenderOptions {
  random: () => number
  gzip: boolean
  /** Milliseconds after which batches that no broker acknowledged fail with BUS_UNAVAILABLE. */
  withinMs: number
}

interface ProducerIdentity {
  producerId: string
  producerEpoch: number
}

type Outcome = { base: bigint } | { error: StreamForgeError }

const backoff = { initialMs: 50, maxMs: 2000 }
/** The broker does not follow our sequence numbers any more: start over with a new producer id. */
const sequenceErrors = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER', 'DUPLICATE_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING',
])
const isSequenceError = (error: unknown) => sequenceErrors.has(kafkaErrorType(error) ?? '')
const mayHeal = (error: unknown) => isTransient(error) || isSequenceError(error)

/**
 * Sends record batches with acks=all as an idempotent producer: a batch keeps its sequence number until it is acknowledged, so the broker
 * drops the copy when an answer was lost. That holds only while one call of send() runs at a time.
 */
export class RecordSender {
  readonly #cluster: KafkaCluster
  readonly #options: SenderOptions
  readonly #leaders: Map<string, Leaders>
  #identity: ProducerIdentity | undefined
  #sequences = new Map<string, number>()

  constructor(cluster: KafkaCluster, leaders: Map<string, Leaders>, options: SenderOptions) {
    this.#cluster = cluster
    this.#leaders = leaders
    this.#options = options
  }

  /** Resolves when every batch has been acknowledged or has failed for good. */
  async send(batches: readonly PartitionBatch[]): Promise<Map<PartitionBatch, Outcome>> {
    const outcomes = new Map<PartitionBatch, Outcome>()
    const deadline = performance.now() + this.#options.withinMs
    let open = [...batches]
    let alone = open.length === 1
    for (let failures = 0; open.length > 0; failures++) {
      const errors = await this.#sendOnce(open, alone, outcomes)
      if (errors.size === 0) break
      const missing = await this.#relearn(new Set(Array.from(errors.keys(), (b) => b.topic)))
      const late = performance.now() >= deadline
      open = []
      for (const [batch, error] of errors) {
        const final = missing.has(batch.topic) ? topicNotFound(batch.topic, error) : this.#finalError(batch, error, { late, alone })
        if (final) outcomes.set(batch, { error: final })
        else open.push(batch)
      }
      if (open.some((batch) => isSequenceError(errors.get(batch)))) this.#identity = undefined
      // kafkajs reports one error for a whole request: neighbours of a refused batch are sent again, each by itself.
      alone ||= open.some((batch) => !mayHeal(errors.get(batch)))
      if (open.length > 0) await pause(backoffMs(backoff, failures, this.#options.random))
    }
    // Whether a broker has a batch that failed is unknown, so its sequence number must not be given to another.
    if (outcomes.values().some((o) => 'error' in o)) this.#identity = undefined
    return outcomes
  }

  #finalError(batch: PartitionBatch, error: unknown, { late, alone }: { late: boolean; alone: boolean }): StreamForgeError | undefined {
    const doing = `publish to '${batch.topic}'`
    if (!mayHeal(error)) return alone || late ? toBusError(error, doing) : undefined
    if (!late) return undefined
    const message = `${batch.messages.length} messages to '${batch.topic}' were not acknowledged within ${this.#options.withinMs} ms`
    return new StreamForgeError('BUS_UNAVAILABLE', message, { cause: error, remedy: 'see whether the brokers run; publishing again is safe' })
  }

  /** One request to every leader concerned, or to each batch's own; what was not acknowledged, with why. */
  async #sendOnce(batches: PartitionBatch[], alone: boolean, outcomes: Map<PartitionBatch, Outcome>): Promise<Map<PartitionBatch, unknown>> {
    const errors = new Map<PartitionBatch, unknown>()
    const attempt = async (leader: number, ofLeader: PartitionBatch[]) => {
      try {
        for (const [batch, base] of await this.#request(leader, ofLeader)) outcomes.set(batch, { base })
      } catch (error) {
        for (const batch of ofLeader) errors.set(batch, error)
      }
    }
    const leaderOf = (batch: PartitionBatch) => this.#leaders.get(batch.topic)?.[batch.partition] ?? -1
    if (alone) for (const batch of batches) await attempt(leaderOf(batch), [batch])
    else await Promise.all(Array.from(Map.groupBy(batches, leaderOf), ([leader, ofLeader]) => attempt(leader, ofLeader)))
    return errors
  }

  async #request(leader: number, batches: PartitionBatch[]): Promise<Map<PartitionBatch, bigint>> {
    if (leader < 0) throw new StreamForgeError('BUS_UNAVAILABLE', `a partition of '${batches[0]!.topic}' has no leader at present`)
    const broker = await this.#cluster.broker(leader)
    const identity = (this.#identity ??= await this.#newIdentity())
    const answer = await broker.produce({
      ...identity, acks: -1, timeout: 30_000, compression: this.#options.gzip ? CompressionTypes.GZIP : CompressionTypes.None,
      topicData: Array.from(Map.groupBy(batches, (b) => b.topic), ([topic, ofTopic]) => ({
        topic,
        partitions: ofTopic.map(({ partition, messages }) => ({ partition, messages, firstSequence: this.#sequences.get(`${topic}/${partition}`) ?? 0 })),
      })),
    })
    const bases = new Map(answer.topics.flatMap((t) => t.partitions.map((p) => [`${t.topicName}/${p.partition}`, BigInt(p.baseOffset)])))
    return new Map(batches.map((batch) => {
      const id = `${batch.topic}/${batch.partition}`
      this.#sequences.set(id, ((this.#sequences.get(id) ?? 0) + batch.messages.length) % 2 ** 31)
      return [batch, bases.get(id)!]
    }))
  }

  async #newIdentity(): Promise<ProducerIdentity> {
    const { producerId, producerEpoch } = await (await this.#cluster.anyBroker()).initProducerId({ transactionTimeout: 60_000 })
    this.#sequences = new Map()
    return { producerId, producerEpoch }
  }

  /** After a failure, leaders are looked up anew. Returns the topics that do not exist any more. */
  async #relearn(topics: Set<string>): Promise<Set<string>> {
    const missing = new Set<string>()
    await this.#cluster.refresh().catch(() => {})
    for (const topic of topics) {
      // While no broker answers, what was known stays; the next try tells.
      const leaders = await this.#cluster.leaders(topic).catch(() => null)
      if (leaders) this.#leaders.set(topic, leaders)
      if (leaders === undefined) missing.add(topic)
    }
    for (const topic of missing) this.forget(topic)
    return missing
  }

  forget(topic: string): void {
    this.#leaders.delete(topic)
    for (const id of this.#sequences.keys()) if (id.startsWith(`${topic}/`)) this.#sequences.delete(id)
  }
}
