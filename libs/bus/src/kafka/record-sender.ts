import { StreamForgeError } from '@streamforge/contracts'
import { retryDelayMs } from '../retry-delay.ts'
import type { KafkaCluster, Leaders } from './cluster.ts'
import { isTransient, kafkaErrorType, toBusError, topicNotFound } from './kafka-errors.ts'
import type { PartitionBatch } from './plan-produce.ts'
import { pause } from './retry.ts'
import { produce } from './wire/produce-request.ts'
import { encodeRecordBatch } from './wire/record-batch.ts'

export interface SenderOptions {
  random: () => number
  gzip: boolean
  /** Milliseconds after which batches that no broker acknowledged fail with BUS_UNAVAILABLE. */
  withinMs: number
}

export type Outcome = { base: bigint } | { error: StreamForgeError }

interface ProducerIdentity {
  producerId: string
  producerEpoch: number
}

const delay = { initialMs: 50, maxMs: 2000 }
const sequences = 2 ** 31
/** The broker does not follow our sequence numbers any more: start over with a new producer id. */
const sequenceErrors = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER', 'DUPLICATE_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING',
])
const isSequenceError = (error: unknown) => sequenceErrors.has(kafkaErrorType(error) ?? '')
const idOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}/${partition}`

/**
 * Sends record batches with acks=all as an idempotent producer: a batch keeps its sequence number until it is acknowledged, so the broker
 * drops the copy when an answer was lost. That holds only while one call of send() runs at a time; kafkajs's producer gives that up when
 * several sends meet a broken connection.
 */
export class RecordSender {
  readonly #cluster: KafkaCluster
  readonly #options: SenderOptions
  readonly #leaders: Map<string, Leaders>
  readonly #sequences = new Map<string, number>()
  #identity: ProducerIdentity | undefined

  /** @param leaders what is known of the topics; kept up to date here */
  constructor(cluster: KafkaCluster, leaders: Map<string, Leaders>, options: SenderOptions) {
    this.#cluster = cluster
    this.#leaders = leaders
    this.#options = options
  }

  /** Resolves when every batch has been acknowledged or has failed for good. At most one batch a partition. */
  async send(batches: readonly PartitionBatch[]): Promise<Map<PartitionBatch, Outcome>> {
    const outcomes = new Map<PartitionBatch, Outcome>()
    const deadline = performance.now() + this.#options.withinMs
    for (let attempt = 0; outcomes.size < batches.length; attempt++) {
      const errors = await this.#sendOnce(batches.filter((b) => !outcomes.has(b)), outcomes)
      if (errors.size === 0) break
      const missing = await this.#relearn(new Set(Array.from(errors.keys(), (b) => b.topic)))
      const late = performance.now() >= deadline
      for (const [batch, error] of errors) {
        const final = missing.has(batch.topic) ? topicNotFound(batch.topic, error) : this.#finalError(batch, error, late)
        if (final) outcomes.set(batch, { error: final })
        else if (isSequenceError(error)) this.#identity = undefined
      }
      if (outcomes.size < batches.length) await pause(retryDelayMs(attempt, delay, this.#options.random))
    }
    // Whether a broker has a batch that failed is unknown, so its sequence number must not be given to another.
    if (outcomes.values().some((outcome) => 'error' in outcome)) this.#identity = undefined
    return outcomes
  }

  /** Forgets what is known of a topic that has been deleted. */
  forget(topic: string): void {
    this.#leaders.delete(topic)
    for (const id of this.#sequences.keys()) if (id.startsWith(`${topic}/`)) this.#sequences.delete(id)
  }

  #finalError(batch: PartitionBatch, error: unknown, late: boolean): StreamForgeError | undefined {
    if (!isTransient(error) && !isSequenceError(error)) return toBusError(error, `publish to '${batch.topic}'`)
    if (!late) return undefined
    const message = `${batch.records.length} messages to '${batch.topic}' were not acknowledged within ${this.#options.withinMs} ms`
    return new StreamForgeError('BUS_UNAVAILABLE', message, { cause: error, remedy: 'see whether the brokers run; publishing again is safe' })
  }

  /** One request to every leader concerned. Sets the outcome of what was acknowledged and returns the rest, with why. */
  async #sendOnce(batches: readonly PartitionBatch[], outcomes: Map<PartitionBatch, Outcome>): Promise<Map<PartitionBatch, unknown>> {
    const errors = new Map<PartitionBatch, unknown>()
    const byLeader = Map.groupBy(batches, (b) => this.#leaders.get(b.topic)?.[b.partition] ?? -1)
    await Promise.all(Array.from(byLeader, async ([leader, ofLeader]) => {
      try {
        await this.#request(leader, ofLeader, { outcomes, errors })
      } catch (error) {
        for (const batch of ofLeader) errors.set(batch, error)
      }
    }))
    return errors
  }

  async #request(
    leader: number, batches: readonly PartitionBatch[], into: { outcomes: Map<PartitionBatch, Outcome>; errors: Map<PartitionBatch, unknown> },
  ): Promise<void> {
    if (leader < 0) throw new StreamForgeError('BUS_UNAVAILABLE', `a partition of '${batches[0]!.topic}' has no leader at present`)
    const broker = await this.#cluster.broker(leader)
    const identity = (this.#identity ??= await this.#newIdentity())
    const answers = await produce(broker, Array.from(Map.groupBy(batches, (b) => b.topic), ([topic, ofTopic]) => ({
      topic,
      partitions: ofTopic.map((batch) => ({ partition: batch.partition, batch: this.#encode(batch, identity) })),
    })))
    const byId = new Map(answers.map((answer) => [idOf(answer), answer]))
    for (const batch of batches) {
      const id = idOf(batch)
      const answer = byId.get(id)
      if (!answer || answer.error) {
        into.errors.set(batch, answer?.error ?? new StreamForgeError('BUS_UNAVAILABLE', `the broker did not answer for ${id}`))
      } else {
        this.#sequences.set(id, ((this.#sequences.get(id) ?? 0) + batch.records.length) % sequences)
        into.outcomes.set(batch, { base: answer.baseOffset })
      }
    }
  }

  #encode(batch: PartitionBatch, identity: ProducerIdentity): Buffer {
    return encodeRecordBatch(batch.records, { ...identity, baseSequence: this.#sequences.get(idOf(batch)) ?? 0 }, this.#options)
  }

  async #newIdentity(): Promise<ProducerIdentity> {
    const { producerId, producerEpoch } = await (await this.#cluster.anyBroker()).initProducerId({ transactionTimeout: 60_000 })
    this.#sequences.clear()
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
}
