import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { StreamForgeError } from '@streamforge/contracts'
import type { IncomingMessage } from '../bus.ts'
import { type EncodedFrame, FrameReader } from './frame.ts'
import { hearNextWrite } from './hear-writes.ts'
import { closingOnError, openDatabase, type Synchronous, transaction } from './sqlite.ts'

/** Offsets are numbers in here (SQLite's integers, exact below 2^53) and bigint at the port. */
export interface Watermarks {
  earliest: number
  latest: number
}

/** Which of a partition's oldest frames are meant. */
export interface OldestFrames {
  before?: number
  olderThan: number
  atMost?: number
}

interface FrameRow {
  base: number
  count: number
  frame: Uint8Array
}

/**
 * A frame's id is its partition times this plus its base offset, so that one B-tree keeps the frames in order and an append changes
 * one page of it. Ids stay exact in JavaScript's numbers for 16,384 partitions of 550 billion messages each.
 */
const PARTITION_STRIDE = 2 ** 39

const schema = `
  CREATE TABLE partitions (
    partition INTEGER PRIMARY KEY,
    earliest INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE frames (
    id INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    newest REAL NOT NULL,
    frame BLOB NOT NULL
  ) STRICT;`

/** Large pages suit large frames: fewer writes and less of SQLite's own work for each megabyte. */
const PAGE_BYTES = 32768

/** Publishers have the log brought into the file in a thread; only where that does not keep it small, SQLite does it within a commit. */
const LARGEST_LOG_PAGES = 2000

/** Makes the file of a new topic. */
export function createTopicFile(path: string, partitions: number, synchronous: Synchronous): void {
  const database = openDatabase(path, { synchronous, create: true, pageSize: PAGE_BYTES })
  try {
    transaction(database, () => {
      database.exec(schema)
      const insert = database.prepare('INSERT INTO partitions VALUES (?, 0)')
      for (let partition = 0; partition < partitions; partition++) insert.run(partition)
    })
  } finally {
    database.close()
  }
}

/**
 * One topic's file, open in this process. A topic without rows in `partitions` has been deleted: that is how a process which
 * still has the file open learns of it, inside the very transaction with which it would have appended.
 */
export class TopicLog {
  readonly name: string
  readonly partitions: number
  readonly retentionMs: number | undefined
  readonly #database: DatabaseSync
  readonly #statements: ReturnType<typeof prepareStatements>
  #dataVersion = -1
  #watermarks: Watermarks[] = []
  #deleted = false
  #revision = 0
  /** Pages that this process has appended to the write-ahead log since it was last asked to be brought into the file; whoever asks sets it back. */
  pagesInLog = 0
  readonly path: string
  #hearing: { close(): void } | undefined

  constructor(topic: { name: string; path: string; partitions: number; retentionMs: number | undefined }, synchronous: Synchronous) {
    this.name = topic.name
    this.path = topic.path
    this.partitions = topic.partitions
    this.retentionMs = topic.retentionMs
    this.#database = openDatabase(topic.path, { synchronous, create: false, checkpointPages: LARGEST_LOG_PAGES })
    this.#statements = closingOnError(this.#database, () => prepareStatements(this.#database))
    closingOnError(this.#database, () => this.refresh())
  }

  get deleted(): boolean {
    return this.#deleted
  }

  /** Grows with every change of the topic that this process has noticed. */
  get revision(): number {
    return this.#revision
  }

  /** Calls `heard` once, when the file may have changed next, whoever has written. False where the system gives no notice; one listener at a time. */
  hearNextWrite(heard: () => void): boolean {
    this.#hearing ??= hearNextWrite(this.path, () => {
      this.#hearing = undefined
      heard()
    })
    return this.#hearing !== undefined
  }

  /** As of the last refresh or append. */
  watermarks(partition: number): Watermarks {
    return this.#watermarks[partition] ?? { earliest: 0, latest: 0 }
  }

  /** Looks whether another process has changed the file; true when it has. Costs a few microseconds when not. */
  refresh(): boolean {
    const { data_version: version } = this.#statements.dataVersion.get() as { data_version: number }
    if (version === this.#dataVersion) return false
    this.#dataVersion = version
    this.#readWatermarks()
    return true
  }

  #readWatermarks(): void {
    const rows = this.#statements.watermarks.all() as { earliest: number; latest: number | null }[]
    this.#deleted = rows.length === 0
    this.#revision++
    this.#watermarks = rows.map(({ earliest, latest }) => ({ earliest, latest: latest ?? earliest }))
  }

  /** Appends frames in one transaction; gives each one's base offset. Undefined when the topic has been deleted. */
  append(frames: readonly { partition: number; frame: EncodedFrame }[]): number[] | undefined {
    try {
      const bases = transaction(this.#database, () => {
        this.#readWatermarks()
        return this.#deleted ? undefined : frames.map(({ partition, frame }) => this.#insert(partition, frame))
      })
      // The page that was begun before is written once more.
      this.pagesInLog += 1 + Math.ceil(frames.reduce((sum, { frame }) => sum + frame.bytes.length, 0) / PAGE_BYTES)
      return bases
    } catch (error) {
      // What was rolled back must not be announced as the end of the log.
      this.#dataVersion = -1
      throw error
    }
  }

  #insert(partition: number, frame: EncodedFrame): number {
    const watermarks = this.#watermarks[partition]!
    const base = watermarks.latest
    this.#statements.insert.run(partition * PARTITION_STRIDE + base, frame.count, frame.newest, frame.bytes)
    watermarks.latest += frame.count
    return base
  }

  /** The frame that holds `offset`, or else the next one after it. */
  readFrame(partition: number, offset: number): FrameRow | undefined {
    const start = partition * PARTITION_STRIDE
    const id = start + offset
    const row = this.#statements.containing.get(start, id, start) as FrameRow | undefined
    if (row !== undefined && row.base + row.count > offset) return row
    // From `id` on, not after it: another process may have appended that very frame since the statement above.
    return this.#statements.following.get(start, id, start + PARTITION_STRIDE) as FrameRow | undefined
  }

  /**
   * Drops the oldest frames of a partition, up to the first that reaches to `before` or holds a message not older than `olderThan` (ms since
   * the epoch), so that what is left is without holes; `atMost` so many at once, for publishers wait meanwhile. True when it dropped any.
   */
  deleteOldest(partition: number, { before = Number.MAX_SAFE_INTEGER, olderThan, atMost = -1 }: OldestFrames): boolean {
    const { earliest, latest } = this.#watermarks[partition]!
    if (latest === earliest || this.#firstKept(partition, before, olderThan, atMost) === earliest) return false
    transaction(this.#database, () => {
      this.#readWatermarks()
      const kept = this.#firstKept(partition, before, olderThan, atMost) ?? this.#watermarks[partition]!.latest
      const start = partition * PARTITION_STRIDE
      this.#statements.setEarliest.run(kept, partition)
      this.#statements.sweepTo.run(start, start + kept)
    })
    this.#readWatermarks()
    return true
  }

  #firstKept(partition: number, before: number, olderThan: number, atMost: number): number | undefined {
    const start = partition * PARTITION_STRIDE
    const end = start + PARTITION_STRIDE
    const kept = this.#statements.firstKept.get(start, start, end, olderThan, Math.min(start + before, end)) as { base: number } | undefined
    const next = atMost < 0 ? undefined : this.#statements.frameAt.get(start, start, end, atMost) as { base: number } | undefined
    return kept && next ? Math.min(kept.base, next.base) : kept?.base ?? next?.base
  }

  /** Marks the topic as deleted for every process that has it open. */
  markDeleted(): void {
    transaction(this.#database, () => this.#database.exec('DELETE FROM partitions'))
    this.#readWatermarks()
  }

  close(): void {
    this.#hearing?.close()
    if (this.#database.isOpen) this.#database.close()
  }
}

function prepareStatements(database: DatabaseSync): Record<
  'dataVersion' | 'watermarks' | 'insert' | 'containing' | 'following' | 'firstKept' | 'frameAt' | 'sweepTo' | 'setEarliest', StatementSync
> {
  return {
    dataVersion: database.prepare('PRAGMA data_version'),
    watermarks: database.prepare(`
      SELECT earliest, (
        SELECT id + count - partition * ${PARTITION_STRIDE} FROM frames
        WHERE id >= partition * ${PARTITION_STRIDE} AND id < (partition + 1) * ${PARTITION_STRIDE} ORDER BY id DESC LIMIT 1
      ) AS latest FROM partitions ORDER BY partition`),
    insert: database.prepare('INSERT INTO frames VALUES (?, ?, ?, ?)'),
    containing: database.prepare('SELECT id - ? AS base, count, frame FROM frames WHERE id <= ? AND id >= ? ORDER BY id DESC LIMIT 1'),
    following: database.prepare('SELECT id - ? AS base, count, frame FROM frames WHERE id >= ? AND id < ? ORDER BY id LIMIT 1'),
    firstKept: database.prepare('SELECT id - ? AS base FROM frames WHERE id >= ? AND id < ? AND (newest >= ? OR id + count > ?) ORDER BY id LIMIT 1'),
    frameAt: database.prepare('SELECT id - ? AS base FROM frames WHERE id >= ? AND id < ? ORDER BY id LIMIT 1 OFFSET ?'),
    sweepTo: database.prepare('DELETE FROM frames WHERE id >= ? AND id < ?'),
    setEarliest: database.prepare('UPDATE partitions SET earliest = ? WHERE partition = ?'),
  }
}

/** At most so many bytes of keys and values a batch, so that large messages do not fill the memory. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024

/** Reads one partition from a position onwards, keeping a frame that was read in part for the next call. */
export class PartitionReader {
  readonly #log: TopicLog
  readonly #partition: number
  readonly #onRemoved: (from: number, to: number) => void
  #frame: FrameReader | undefined
  #left = 0
  /** The offset of the next message to be read. */
  position: number

  /** `onRemoved` hears of messages from `from` to before `to` that were deleted before they were read; unless it throws, they are passed over. */
  constructor(log: TopicLog, partition: number, position: number, onRemoved: (from: number, to: number) => void = () => {}) {
    this.#log = log
    this.#partition = partition
    this.position = position
    this.#onRemoved = onRemoved
  }

  /** Up to `limit` messages; none when the position is at the end. A failed read moves the position past nothing. */
  read(limit: number): IncomingMessage[] {
    const messages: IncomingMessage[] = []
    const { name: topic } = this.#log
    for (let bytes = 0; messages.length < limit && bytes < MAX_BATCH_BYTES;) {
      if (this.#left === 0 && !this.#hasNextFrame(messages.length > 0)) break
      const { key, value, headers, timestamp } = this.#frame!.next()
      messages.push({ topic, partition: this.#partition, offset: BigInt(this.position), key, value, headers, timestamp })
      bytes += value.length + (key?.length ?? 0)
      this.position++
      if (--this.#left === 0) this.#frame = undefined
    }
    return messages
  }

  /** With messages in hand an error waits for the next call, which meets it again; thrown now, they would be lost. */
  #hasNextFrame(messagesInHand: boolean): boolean {
    try {
      return this.#openFrame()
    } catch (error) {
      if (messagesInHand) return false
      throw error
    }
  }

  #openFrame(): boolean {
    this.#skipRemoved()
    let row = this.#log.readFrame(this.#partition, this.position)
    if (row !== undefined && row.base > this.position) {
      // Deleted since the last look, perhaps; nothing else may leave a hole, and none is stepped over.
      this.#log.refresh()
      this.#skipRemoved()
      row = this.#log.readFrame(this.#partition, this.position)
      if (row !== undefined && row.base > this.position) throw this.#missing(row.base)
    }
    if (row === undefined) return false
    const consumed = this.position - row.base
    this.#frame = new FrameReader(row.frame)
    this.#frame.skip(consumed)
    this.#left = row.count - consumed
    return true
  }

  #skipRemoved(): void {
    const { earliest } = this.#log.watermarks(this.#partition)
    if (this.position >= earliest) return
    this.#onRemoved(this.position, earliest)
    this.position = earliest
  }

  #missing(next: number): StreamForgeError {
    const { name } = this.#log
    return new StreamForgeError('OFFSET_OUT_OF_RANGE', `offsets ${this.position} to ${next - 1} of partition ${this.#partition} of '${name}' are missing from its file`, {
      remedy: "The file was changed by something else; set the group's offset past the hole with seek",
      details: { topic: name, partition: this.#partition, offset: String(this.position), next: String(next) },
    })
  }
}
