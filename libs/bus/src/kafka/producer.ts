import type { OutgoingMessage } from '../bus.ts'
import { channels, type PublishDiagnostic } from '../channels.ts'
import type { KafkaCluster, Leaders } from './cluster.ts'
import { busClosed } from './kafka-errors.ts'
import { countMergeable, planProduce, toBatches, type Parcel, type PartitionBatch } from './plan-produce.ts'
import { RecordSender, type Outcome, type SenderOptions } from './record-sender.ts'
import { findLeaders } from './topic-leaders.ts'

export interface ProducerOptions extends SenderOptions {
  /** Milliseconds since the epoch. */
  now: () => number
}

interface Pending extends Parcel {
  settled: PromiseWithResolvers<Map<number, bigint>>
}

/** Queues what is published and sends it in order, one request at a time; what waits meanwhile travels together in the next. */
export class Producer {
  readonly #cluster: KafkaCluster
  readonly #options: ProducerOptions
  readonly #leaders = new Map<string, Leaders>()
  readonly #looking = new Map<string, Promise<Leaders>>()
  readonly #turns = new Map<string, number>()
  readonly #queue: Pending[] = []
  readonly #sender: RecordSender
  #pumping: Promise<void> | undefined
  #closed = false

  constructor(cluster: KafkaCluster, options: ProducerOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#sender = new RecordSender(cluster, this.#leaders, options)
  }

  async publish(topic: string, messages: readonly OutgoingMessage[]): Promise<{ partition: number; offset: bigint }[]> {
    if (this.#closed) throw busClosed()
    if (messages.length === 0) return []
    const began = performance.now()
    const leaders = this.#leaders.get(topic) ?? (await this.#findLeaders(topic))
    // The bus may have been closed meanwhile.
    if (this.#closed) throw busClosed()
    const { parcels, placements, bytes } = planProduce(topic, messages, {
      partitions: leaders.length, turn: () => this.#turn(topic), now: this.#options.now(),
    })
    const bases = await this.#enqueue(parcels)
    if (channels.publish.hasSubscribers) {
      channels.publish.publish({ topic, messages: messages.length, bytes, ms: performance.now() - began } satisfies PublishDiagnostic)
    }
    return placements.map(({ parcel, partition, index }) => ({ partition, offset: bases[parcel]!.get(partition)! + BigInt(index) }))
  }

  /** Forgets what is known of a topic that has been deleted. */
  forget(topic: string): void {
    this.#sender.forget(topic)
  }

  /** Refuses more, and resolves when what is queued has been sent. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#pumping
  }

  async #enqueue(parcels: Parcel[]): Promise<Map<number, bigint>[]> {
    const pending = parcels.map((parcel): Pending => ({ ...parcel, settled: Promise.withResolvers() }))
    this.#queue.push(...pending)
    this.#pumping ??= this.#pump()
    const results = await Promise.allSettled(pending.map((p) => p.settled.promise))
    return results.map((result) => {
      if (result.status === 'rejected') throw result.reason
      return result.value
    })
  }

  /** Calls that meet share one look-up. */
  #findLeaders(topic: string): Promise<Leaders> {
    let looking = this.#looking.get(topic)
    if (!looking) {
      looking = findLeaders(this.#cluster, topic, this.#options).then((leaders) => {
        this.#leaders.set(topic, leaders)
        return leaders
      }).finally(() => this.#looking.delete(topic))
      this.#looking.set(topic, looking)
    }
    return looking
  }

  #turn(topic: string): number {
    const turn = this.#turns.get(topic) ?? 0
    this.#turns.set(topic, turn + 1)
    return turn
  }

  async #pump(): Promise<void> {
    while (this.#queue.length > 0) {
      const parcels = this.#queue.splice(0, countMergeable(this.#queue))
      const batches = toBatches(parcels)
      const outcomes = await this.#sender.send(batches)
      for (const parcel of parcels) settle(parcel, batches, outcomes)
    }
    // In the same turn as the last look at the queue: what is queued from now on starts anew.
    this.#pumping = undefined
  }
}

function settle(parcel: Pending, batches: readonly PartitionBatch[], outcomes: ReadonlyMap<PartitionBatch, Outcome>): void {
  const bases = new Map<number, bigint>()
  for (const batch of batches) {
    const start = batch.starts.get(parcel)
    if (start === undefined) continue
    const outcome = outcomes.get(batch)!
    if ('error' in outcome) return parcel.settled.reject(outcome.error)
    bases.set(batch.partition, outcome.base + BigInt(start))
  }
  parcel.settled.resolve(bases)
}
