import type { BatchHandler, Bus, BusAdmin, ConsumeOptions, Consumer, OutgoingMessage, TailOptions } from '../bus.ts'
import { KafkaAdmin } from './admin.ts'
import { openCluster, type KafkaCluster, type KafkaConnection } from './cluster.ts'
import { GroupConsumer } from './group-consumer.ts'
import { busClosed } from './kafka-errors.ts'
import { Producer } from './producer.ts'
import { membersOf, putOut } from './put-out-members.ts'
import { openTail } from './tail-consumer.ts'
import { findLeaders } from './topic-leaders.ts'

export interface KafkaBusOptions extends KafkaConnection {
  /** Milliseconds since the epoch for messages without a timestamp; default: the clock at sending. */
  now?: () => number
  /** Uniform in [0, 1), for jitter. */
  random?: () => number
  compression?: 'none' | 'gzip'
  /** Milliseconds after which an unacknowledged publish fails with BUS_UNAVAILABLE; default 60,000. */
  publishWithinMs?: number
}

/**
 * Opens the Kafka adapter of the bus.
 * @throws StreamForgeError BUS_UNAVAILABLE when no broker answers in time, BAD_CONFIG when it refuses the user
 */
export async function openKafkaBus(options: KafkaBusOptions): Promise<Bus> {
  return new KafkaBus(options, await openCluster(options, options.random ?? Math.random))
}

class KafkaBus implements Bus {
  readonly kind = 'kafka'
  readonly admin: BusAdmin
  readonly #options: KafkaBusOptions
  readonly #random: () => number
  readonly #cluster: KafkaCluster
  readonly #producer: Producer
  readonly #consumers = new Set<Consumer>()
  #closing: Promise<void> | undefined

  constructor(options: KafkaBusOptions, cluster: KafkaCluster) {
    this.#options = options
    this.#random = options.random ?? Math.random
    this.#cluster = cluster
    this.#producer = new Producer(cluster, {
      random: this.#random, now: options.now ?? Date.now, gzip: options.compression === 'gzip', withinMs: options.publishWithinMs ?? 60_000,
    })
    this.admin = new KafkaAdmin({ cluster, random: this.#random, onDeleted: (topic) => this.#producer.forget(topic) })
  }

  publish(topic: string, messages: readonly OutgoingMessage[]): Promise<readonly { partition: number; offset: bigint }[]> {
    return this.#producer.publish(topic, messages)
  }

  async consume(options: ConsumeOptions, handler: BatchHandler): Promise<Consumer> {
    return this.#open(async (cluster) => {
      for (const topic of options.topics) await findLeaders(cluster, topic, { random: this.#random, withinMs: 10_000 })
      const before = options.alone ? await membersOf(this.#cluster, options.group, this.#random).catch(() => []) : []
      const consumer = new GroupConsumer(cluster, options, handler, this.#random)
      // Beside the joining, which waits for them: a group that is left empty lets its next member wait in case more come.
      void putOut(this.#cluster, options.group, before)
      return consumer
    })
  }

  async tail(options: TailOptions, handler: BatchHandler): Promise<Consumer> {
    return this.#open((cluster) => openTail(cluster, options, handler, this.#random))
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    await Promise.all(Array.from(this.#consumers, (consumer) => consumer.close()))
    await this.#producer.close()
    await this.#cluster.close()
  }

  /** A consumer has connections of its own: a group request may take as long as a rebalance, and would hold up everything behind it. */
  async #open(make: (cluster: KafkaCluster) => Promise<Consumer>): Promise<Consumer> {
    if (this.#closing) throw busClosed()
    const cluster = await openCluster(this.#options, this.#random)
    try {
      const consumer = await make(cluster)
      this.#consumers.add(consumer)
      const forget = () => { this.#consumers.delete(consumer) }
      consumer.done.then(forget, forget)
      return consumer
    } catch (error) {
      await cluster.close()
      throw error
    }
  }
}
