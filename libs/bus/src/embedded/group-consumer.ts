import { setTimeout as sleep } from 'node:timers/promises'
import { StreamForgeError } from '@streamforge/contracts'
import type { BatchHandler, ConsumeOptions, Consumer } from '../bus.ts'
import { channels, type CommitDiagnostic } from '../channels.ts'
import { defaultRetryDelay } from '../retry-delay.ts'
import type { TopicPartition } from './assign-partitions.ts'
import { allFinished, type ConsumerHost, Ending, holdAll } from './consumption.ts'
import type { GroupStore, Membership, OwnedByMember } from './group-store.ts'
import { PartitionLoop } from './partition-loop.ts'
import { ownIdentity } from './process-liveness.ts'
import { withLockRetry } from './sqlite.ts'
import type { TopicLog } from './topic-log.ts'
import type { TopicWatcher } from './topic-watcher.ts'

/** In milliseconds. */
export interface GroupTiming {
  /** A member silent for so long is taken for dead. */
  sessionTimeoutMs: number
  heartbeatMs: number
  /** How often members look whether the group has changed. */
  coordinationMs: number
  /** How often members look whether the others' processes still live. */
  livenessMs: number
  /** How long a batch in hand may go on when its partition is to be handed over; then its signal aborts. */
  handOverMs: number
  /** How long close() waits for handlers. */
  closeTimeoutMs: number
}

export interface GroupSettings {
  store: GroupStore
  watcher: TopicWatcher
  now: () => number
  random: () => number
  timing: GroupTiming
}

interface Held {
  loop: PartitionLoop
  surrendering: boolean
}

const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`

/** Joins a group and consumes what it is given. @throws StreamForgeError TOPIC_NOT_FOUND */
export async function startGroupConsumer(
  host: ConsumerHost, settings: GroupSettings, options: ConsumeOptions, handler: BatchHandler,
): Promise<Consumer> {
  const logs = await holdAll(host, options.topics)
  const consumer = new GroupConsumer(host, settings, options, handler, logs)
  try {
    await consumer.join()
  } catch (error) {
    await consumer.close()
    throw error
  }
  return consumer
}

class GroupConsumer implements Consumer {
  readonly ready = Promise.resolve()
  readonly done: Promise<void>
  readonly #host: ConsumerHost
  readonly #settings: GroupSettings
  readonly #options: ConsumeOptions
  readonly #handler: BatchHandler
  readonly #logs: ReadonlyMap<string, TopicLog>
  readonly #held = new Map<string, Held>()
  readonly #ending = new Ending()
  #membership: Membership
  #generation = -1
  #heartbeatAt = 0
  #livenessAt = 0
  #coordination: Promise<void> = Promise.resolve()
  #closed: Promise<void> | undefined

  constructor(
    host: ConsumerHost, settings: GroupSettings, options: ConsumeOptions, handler: BatchHandler, logs: ReadonlyMap<string, TopicLog>,
  ) {
    this.#host = host
    this.#settings = settings
    this.#options = options
    this.#handler = handler
    this.#logs = logs
    this.done = this.#ending.done
    this.#membership = this.#newMembership()
    this.#ending.signal.addEventListener('abort', () => {
      for (const { loop } of this.#held.values()) loop.abort()
    })
  }

  /** Takes a first share of the partitions, then keeps up with the group until closed. */
  async join(): Promise<void> {
    await this.#enter({ alone: this.#options.alone === true })
    await this.#reconcile()
    this.#coordination = this.#coordinate()
  }

  assignment(): readonly TopicPartition[] {
    return [...this.#held.values()].map(({ loop }) => ({ topic: loop.topic, partition: loop.partition }))
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #close(): Promise<void> {
    this.#ending.begin()
    await this.#coordination
    await allFinished([...this.#held.values()].map(({ loop }) => loop), this.#settings.timing.closeTimeoutMs)
    for (const { loop } of this.#held.values()) loop.lose()
    await this.#leave()
    this.#held.clear()
    for (const log of this.#logs.values()) this.#host.release(log)
    this.#ending.complete()
    this.#host.onClosed(this)
  }

  /** When the file cannot be written now, the others find out by the session timeout. */
  async #leave(): Promise<void> {
    await withLockRetry('leave the group', () => this.#settings.store.leave(this.#membership)).catch(() => {})
  }

  #newMembership(): Membership {
    const id = Math.floor(this.#settings.random() * 2 ** 48).toString(36)
    const member = `${process.pid}-${Math.floor(performance.now() * 1000).toString(36)}-${id}`
    return { group: this.#options.group, member, topics: [...new Set(this.#options.topics)] }
  }

  async #enter({ alone }: { alone: boolean }): Promise<void> {
    const { store, now, timing: { sessionTimeoutMs } } = this.#settings
    await withLockRetry('join the group', () => store.join(this.#membership, ownIdentity(), now(), { sessionTimeoutMs, alone }))
    this.#heartbeatAt = this.#livenessAt = performance.now()
  }

  async #coordinate(): Promise<void> {
    const { signal } = this.#ending
    while (!signal.aborted) {
      await sleep(this.#settings.timing.coordinationMs, undefined, { signal }).catch(() => {})
      try {
        if (!signal.aborted) await this.#keepUp()
      } catch (error) {
        // The files may be usable again at the next turn; a session that times out meanwhile is noticed by the heartbeat.
        if (!(error instanceof StreamForgeError) || error.code !== 'BUS_UNAVAILABLE') this.#fail(error)
      }
    }
  }

  async #keepUp(): Promise<void> {
    const { store, now, timing } = this.#settings
    const at = performance.now()
    if (at - this.#heartbeatAt >= timing.heartbeatMs) {
      this.#heartbeatAt = at
      if (!await withLockRetry('send a heartbeat', () => store.heartbeat(this.#membership, now()))) return this.#rejoin()
    }
    if (at - this.#livenessAt >= timing.livenessMs) {
      this.#livenessAt = at
      await withLockRetry('look after the group', () => store.expireDead(this.#options.group, now(), this.#membership.member))
    }
    const generation = await withLockRetry('look at the group', () => store.generation(this.#options.group))
    if (generation !== this.#generation) await this.#reconcile()
  }

  /** The group took this member for dead (paused, or its machine asleep): what it held is others' now. */
  async #rejoin(): Promise<void> {
    for (const key of [...this.#held.keys()]) this.#lose(key)
    this.#membership = this.#newMembership()
    // Whoever put this member out may have done so by right.
    await this.#enter({ alone: false })
    await this.#reconcile()
  }

  #lose(key: string): void {
    this.#held.get(key)?.loop.lose()
    this.#held.delete(key)
  }

  async #reconcile(): Promise<void> {
    const { generation, owned } = await withLockRetry('look at the group', () => this.#settings.store.reconcile(this.#membership))
    const ownedKeys = new Set(owned.map(keyOf))
    for (const key of [...this.#held.keys()]) if (!ownedKeys.has(key)) this.#lose(key)
    for (const partition of owned) {
      const held = this.#held.get(keyOf(partition))
      if (held === undefined) await this.#begin(partition)
      else if (partition.surrender && !held.surrendering) void this.#surrender(partition, held)
    }
    this.#generation = generation
    this.#failIfTopicGone()
  }

  /** Partitions of a deleted topic are in no one's ownership any more, so no loop would tell. */
  #failIfTopicGone(): void {
    for (const log of this.#logs.values()) {
      log.refresh()
      if (log.deleted) throw topicGone(log.name)
    }
  }

  async #begin(partition: OwnedByMember): Promise<void> {
    if (partition.surrender) return this.#release(partition)
    const loop = await this.#startLoop(partition)
    if (loop === undefined) return
    this.#held.set(keyOf(partition), { loop, surrendering: false })
    loop.finished.catch((error: unknown) => this.#onLoopError(partition, loop, error))
    if (this.#ending.signal.aborted) loop.abort()
  }

  async #startLoop({ topic, partition, committed }: OwnedByMember): Promise<PartitionLoop | undefined> {
    const log = this.#logs.get(topic)
    if (log === undefined || log.deleted) return undefined
    const { watcher, random } = this.#settings
    const { from, group, maxBatch = 1000, retryDelay = defaultRetryDelay } = this.#options
    log.refresh()
    const { earliest, latest } = log.watermarks(partition)
    const membership = this.#membership
    const commit = (offset: number) => this.#commit(membership, { topic, partition }, offset)
    // Remembered at once: a member that dies before its first commit must not let the next one start at a later end.
    if (committed === undefined && from === 'latest') await commit(latest)
    const start = committed ?? (from === 'earliest' ? earliest : latest)
    return new PartitionLoop({
      log, partition, start, maxBatch, retryDelay, random, watcher, group, commit, handler: this.#handler,
    })
  }

  async #commit(membership: Membership, { topic, partition }: TopicPartition, offset: number): Promise<void> {
    let refused = true
    try {
      await withLockRetry('commit', () => this.#settings.store.commit(membership, { topic, partition }, offset))
      refused = false
    } finally {
      if (channels.commit.hasSubscribers) {
        channels.commit.publish(
          { topic, partition, group: membership.group, offset: String(offset), refused } satisfies CommitDiagnostic)
      }
    }
  }

  #onLoopError(partition: TopicPartition, loop: PartitionLoop, error: unknown): void {
    const key = keyOf(partition)
    if (this.#held.get(key)?.loop !== loop) return
    if (error instanceof StreamForgeError && error.code === 'NOT_PARTITION_OWNER') {
      this.#lose(key)
      this.#heartbeatAt = -Infinity
    } else this.#fail(error)
  }

  /** Lets the batch in hand end before the partition is handed over, for as long as the group can wait. */
  async #surrender(partition: TopicPartition, held: Held): Promise<void> {
    held.surrendering = true
    held.loop.stop()
    await allFinished([held.loop], this.#settings.timing.handOverMs)
    if (this.#held.get(keyOf(partition)) !== held) return
    this.#lose(keyOf(partition))
    await this.#release(partition)
  }

  async #release(partition: TopicPartition): Promise<void> {
    await withLockRetry('release a partition', () => this.#settings.store.release(this.#membership, partition)).catch(() => {})
  }

  #fail(error: unknown): void {
    this.#ending.fail(error)
    // What it held goes to the others; the owner's close() has then little left to do.
    void this.close()
  }
}

function topicGone(topic: string): StreamForgeError {
  return new StreamForgeError('TOPIC_NOT_FOUND', `topic '${topic}' was deleted while it was being consumed`, { details: { topic } })
}
