/** A record as the source has it: its key, and its canonical line. */
export interface SourceRecord {
  readonly key: string
  readonly line: string
}

/** A record as it lies on the queue's topic. */
export interface LoggedRecord {
  readonly partition: number
  readonly offset: bigint
  readonly key: string
  /** The part of the range that one loader writes in order: its shard. */
  readonly part: number
}

/** A document of the queue's range as the store holds it at the end. */
export interface KeptRecord {
  /** What it is stored under. */
  readonly key: string
  /** The key that its content has, whatever it is stored under. */
  readonly identity: string
  readonly line: string
}

/** What was seen of one queue, from the source to the store. */
export interface QueueHistory {
  readonly queueId: string
  /** In its order. */
  readonly source: readonly SourceRecord[]
  /** In the topic's order, partition by partition. */
  readonly logged: readonly LoggedRecord[]
  /** In key order. */
  readonly kept: readonly KeptRecord[]
  /** What the certificate says; absent: the queue has none. */
  readonly certificate: { readonly complete: boolean; readonly rows: number; readonly checksum: string } | undefined
  /** Of each partition: where the topic ends, and up to where the connector's group has committed. */
  readonly ends: readonly { readonly partition: number; readonly latest: bigint; readonly committed: bigint | undefined }[]
}

/** A look at a committed offset while everything ran: which records before it were not in the store then. */
export interface CommitLook {
  readonly queueId: string
  readonly partition: number
  readonly committed: bigint
  /** Where the topic ended then. */
  readonly latest: bigint
  readonly missing: readonly string[]
}

/** A message that was put on a topic to be refused. */
export interface Poisoned {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** Groups that must have refused it; none where readers only skip it. */
  readonly groups: readonly string[]
}

export interface Refused {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly group: string
}

export interface EndState {
  readonly workflowId: string
  readonly expected: string
  readonly actual: string
  readonly reason: string | undefined
}

export type FindingKind =
  /** At the source, and not stored. */
  | 'lost'
  /** One record stored more than once. */
  | 'doubled'
  /** Appears for the first time after one that comes later. */
  | 'reordered'
  /** Stored or on the topic, and not at the source. */
  | 'foreign'
  /** Stored with another content than the source's. */
  | 'changed'
  /** Committed as done while its effect was not there. */
  | 'offset ahead'
  /** On the topic at the end, and never read. */
  | 'unread'
  /** The certificate says something else than what is stored. */
  | 'certificate'
  /** Poison that nobody refused, or a sound message that somebody did. */
  | 'dead letter'
  | 'end state'

export interface Finding {
  readonly kind: FindingKind
  /** The queue, workflow or topic. */
  readonly where: string
  readonly detail: string
}
