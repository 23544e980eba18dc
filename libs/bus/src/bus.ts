/**
 * The message bus port. Two adapters implement it, Apache Kafka and the embedded durable log, and both pass the suite in
 * bus-contract.ts. Delivery is at least once: a batch's offsets are committed after its handler has resolved, never before.
 */

/** A message to publish. Without `partition`, the key's hash (Kafka's murmur2) chooses; without a key, partitions take turns. */
export interface OutgoingMessage {
  key?: string | Uint8Array | null
  value: string | Uint8Array
  headers?: Readonly<Record<string, string>>
  partition?: number
  /** Milliseconds since the epoch; default: now. */
  timestamp?: number
}

export interface IncomingMessage {
  topic: string
  partition: number
  offset: bigint
  key: Buffer | null
  value: Buffer
  headers: Readonly<Record<string, string>>
  timestamp: number
}

/** Consecutive messages of one partition. */
export interface Batch {
  topic: string
  partition: number
  messages: readonly IncomingMessage[]
  /** The offset that the next message appended to the partition would have had when the batch was fetched. */
  highWatermark: bigint
  /** Aborts when the consumer stops or loses the partition: the handler should end soon; its offsets will not be committed. */
  signal: AbortSignal
}

/** Resolves when the batch's effect is durable; only then are its offsets committed. A rejection means: deliver it again. */
export type BatchHandler = (batch: Batch) => Promise<void>

export interface ConsumeOptions {
  group: string
  topics: readonly string[]
  /** Where a group without a committed offset starts. Required: a silent default is how data gets lost. */
  from: 'earliest' | 'latest'
  /** At most so many messages a batch; default 1000. */
  maxBatch?: number
  /**
   * This member has the group to itself by right: those that are in it are dead or have been replaced, and are put out as it joins. One that
   * lives all the same joins again.
   */
  alone?: boolean
  /** Waits between deliveries of a batch whose handler rejected, in ms, exponential with jitter; default 100 to 5000. */
  retryDelay?: { initialMs: number; maxMs: number }
}

export interface Consumer {
  /** Partitions this member holds now. */
  assignment(): readonly { topic: string; partition: number }[]
  /** Resolves once the group has given this member its first assignment (it may be empty). */
  ready: Promise<void>
  /**
   * Rejects with the error that ended consumption for good; never resolves before close(). Messages that a group has not had and that are
   * deleted are never passed over in silence: OFFSET_OUT_OF_RANGE where the topic keeps messages until they are deleted, since then
   * somebody deleted them too early; where its retention removed them, reading goes on behind them, and `skipped` of channels.ts tells.
   */
  done: Promise<void>
  /** Finishes the batch in hand, commits it, leaves the group. */
  close(): Promise<void>
}

export interface TailOptions {
  topics: readonly string[]
  /** latest: only what comes from now on (from the moment tail() has resolved). */
  from: 'earliest' | 'latest'
}

export interface TopicConfig {
  name: string
  partitions: number
  /** Undefined: kept until the topic is deleted. */
  retentionMs?: number | undefined
}

export interface PartitionInfo {
  partition: number
  /** First offset still held. */
  earliest: bigint
  /** Offset that the next message will get. */
  latest: bigint
}

export interface TopicInfo {
  name: string
  partitions: PartitionInfo[]
  retentionMs: number | undefined
}

export interface PartitionLag {
  topic: string
  partition: number
  /** Undefined when the group has committed nothing here. */
  committed: bigint | undefined
  latest: bigint
  lag: bigint
}

export interface GroupInfo {
  group: string
  members: number
}

export interface BusAdmin {
  /** Resolves true when it made the topic, false when it was there already (whatever its configuration). */
  createTopic(topic: TopicConfig): Promise<boolean>
  /** @throws StreamForgeError TOPIC_NOT_FOUND */
  deleteTopic(name: string): Promise<void>
  /** Names of all topics, without the broker's internal ones, sorted. */
  listTopics(): Promise<string[]>
  /** @throws StreamForgeError TOPIC_NOT_FOUND */
  describeTopic(name: string): Promise<TopicInfo>
  /** Reads without a group and without committing: up to `limit` messages of a partition from `offset` (default: earliest). */
  peek(topic: string, options: { partition: number; offset?: bigint; limit: number }): Promise<IncomingMessage[]>
  /**
   * Deletes messages of a partition that lie before the offset `before` and are older than `olderThan` (milliseconds since the epoch; absent:
   * of any age), up to the first that is not. What lies in one batch with a message that stays may stay too. Resolves with the first
   * offset still held. Whoever calls it must know that nobody still needs them.
   * @throws StreamForgeError TOPIC_NOT_FOUND, OFFSET_OUT_OF_RANGE when `before` lies past the end
   */
  deleteRecords(topic: string, options: { partition: number; before: bigint; olderThan?: number }): Promise<bigint>
  listGroups(): Promise<GroupInfo[]>
  /** Names of the groups that consume a topic or have committed offsets of it, sorted. @throws StreamForgeError TOPIC_NOT_FOUND */
  groupsOf(topic: string): Promise<string[]>
  lag(group: string, topic: string): Promise<PartitionLag[]>
  /**
   * Sets a group's committed offset on every partition of a topic, or on the one given. The group must have no members.
   * @throws StreamForgeError CONFLICT while the group has members
   */
  seek(group: string, topic: string, to: 'earliest' | 'latest' | { partition: number; offset: bigint }): Promise<void>
  deleteGroup(group: string): Promise<void>
}

export interface Bus {
  readonly kind: 'embedded' | 'kafka'
  /**
   * Resolves with each message's partition and offset once all are durable (Kafka: acks=all from an idempotent producer).
   * Order within a partition is the array's. Back-pressure: await it.
   * @throws StreamForgeError TOPIC_NOT_FOUND, MESSAGE_TOO_LARGE, BUS_UNAVAILABLE, BUS_CLOSED
   */
  publish(topic: string, messages: readonly OutgoingMessage[]): Promise<readonly { partition: number; offset: bigint }[]>
  /** Joins a consumer group. Batches of one partition come one after another, those of several partitions side by side. */
  consume(options: ConsumeOptions, handler: BatchHandler): Promise<Consumer>
  /** Follows topics without a group: every caller sees every message, nothing is committed. Resolves when positioned. */
  tail(options: TailOptions, handler: BatchHandler): Promise<Consumer>
  readonly admin: BusAdmin
  close(): Promise<void>
}
