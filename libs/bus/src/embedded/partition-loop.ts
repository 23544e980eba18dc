import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { StreamForgeError } from '@streamforge/contracts'
import type { Batch, BatchHandler } from '../bus.ts'
import { channels, type ConsumeDiagnostic, type RetryDiagnostic, type SkippedDiagnostic } from '../channels.ts'
import { offsetsDeleted, skippedReason } from '../offsets-deleted.ts'
import { type RetryDelay, retryDelayMs } from '../retry-delay.ts'
import { toBusError, withLockRetry } from './sqlite.ts'
import { PartitionReader, type TopicLog } from './topic-log.ts'
import { topicNotFound } from './topic-registry.ts'
import type { TopicWatcher } from './topic-watcher.ts'

export interface PartitionLoopOptions {
  log: TopicLog
  watcher: TopicWatcher
  partition: number
  /** The first offset to deliver. */
  start: number
  maxBatch: number
  retryDelay: RetryDelay
  random: () => number
  handler: BatchHandler
  group: string | undefined
  /** Called after each batch's handler has resolved; a rejection other than BUS_UNAVAILABLE ends the loop. */
  commit: (next: number) => Promise<void>
}

/** Delivers one partition batch by batch: read, handle until it succeeds, commit, read on. */
export class PartitionLoop {
  readonly topic: string
  readonly partition: number
  /** Resolves when the loop was stopped and its handler has settled; rejects with the error that ended it. */
  readonly finished: Promise<void>
  readonly #options: PartitionLoopOptions
  readonly #stopping = new AbortController()
  readonly #aborting = new AbortController()
  #lost = false

  constructor(options: PartitionLoopOptions) {
    this.#options = options
    this.topic = options.log.name
    this.partition = options.partition
    this.finished = this.#run()
    // Whoever owns the loop awaits `finished` when it is time; until then a rejection is no unhandled one.
    this.finished.catch(() => {})
  }

  /** No further batch. The one in hand goes on and is committed. */
  stop(): void {
    this.#stopping.abort()
  }

  /** Stops, and asks the handler to end; if it resolves all the same, the batch is committed. */
  abort(): void {
    this.stop()
    this.#aborting.abort()
  }

  /** The partition is another's now: stops, asks the handler to end, commits nothing any more. */
  lose(): void {
    this.#lost = true
    this.abort()
  }

  async #run(): Promise<void> {
    const { log, partition, start } = this.#options
    const reader = new PartitionReader(log, partition, start, (from, to) => this.#onRemoved(from, to))
    while (!this.#stopping.signal.aborted) {
      const batch = await this.#next(reader)
      if (batch === undefined) continue
      if (!await this.#deliver(batch)) return
      await this.#commit(reader.position)
      // Handlers that wait for nothing but their own code must not keep timers and sockets from their turn.
      await nextTurn()
    }
  }

  /** Undefined when the loop was stopped, or when it is time to look again. */
  async #next(reader: PartitionReader): Promise<Batch | undefined> {
    const { log, partition, maxBatch, watcher } = this.#options
    let seen = 0
    const messages = await this.#persistently(() => withLockRetry(`read topic '${log.name}'`, () => {
      log.refresh()
      seen = log.revision
      if (log.deleted) throw topicNotFound(log.name)
      checkPosition(log, partition, reader.position)
      return reader.read(maxBatch)
    }))
    if (messages === undefined) return undefined
    if (messages.length === 0) {
      await watcher.changed(log, seen, this.#stopping.signal)
      return undefined
    }
    const highWatermark = BigInt(Math.max(log.watermarks(partition).latest, reader.position))
    return { topic: log.name, partition, messages, highWatermark, signal: this.#aborting.signal }
  }

  /** True when the handler has resolved; false when the loop was stopped before. */
  async #deliver(batch: Batch): Promise<boolean> {
    const { handler, group, log, partition } = this.#options
    for (let attempt = 0; !this.#stopping.signal.aborted || attempt === 0; attempt++) {
      const since = performance.now()
      try {
        await handler(batch)
        if (channels.consume.hasSubscribers) {
          const ms = performance.now() - since
          channels.consume.publish(
            { topic: log.name, partition, group, messages: batch.messages.length, ms } satisfies ConsumeDiagnostic)
        }
        return true
      } catch (error) {
        await this.#pause(attempt, error)
      }
    }
    return false
  }

  async #commit(next: number): Promise<void> {
    await this.#persistently(async () => {
      if (!this.#lost) await this.#options.commit(next)
    })
  }

  /** Retention may remove what a group is too slow for; whoever deletes from a topic without must wait for the group. */
  #onRemoved(from: number, to: number): void {
    const { log: { name: topic, retentionMs }, partition, group } = this.#options
    if (group !== undefined && retentionMs === undefined) throw offsetsDeleted({ topic, partition, group, offset: from, earliest: to })
    channels.skipped.publish({ topic, partition, offset: String(from), reason: skippedReason(to) } satisfies SkippedDiagnostic)
  }

  /** Tries again for as long as the bus is not to be had; undefined when the loop was stopped meanwhile. */
  async #persistently<T>(work: () => Promise<T>): Promise<T | undefined> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await work()
      } catch (failure) {
        const error = toBusError('read or commit', failure)
        if (!(error instanceof StreamForgeError) || error.code !== 'BUS_UNAVAILABLE') throw error
        if (this.#stopping.signal.aborted) return undefined
        await this.#pause(attempt, error)
      }
    }
  }

  async #pause(attempt: number, error: unknown): Promise<void> {
    const { log, partition, group, retryDelay, random } = this.#options
    channels.retry.publish(
      { topic: log.name, partition, group, attempt: attempt + 1, error } satisfies RetryDiagnostic)
    await sleep(retryDelayMs(attempt, retryDelay, random), undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}

/** A position past the end means that the log is not the one it was committed for; going on anywhere else would lose messages. */
function checkPosition(log: TopicLog, partition: number, position: number): void {
  const { latest } = log.watermarks(partition)
  if (position <= latest) return
  throw new StreamForgeError('OFFSET_OUT_OF_RANGE',
    `offset ${position} of partition ${partition} of '${log.name}' lies past its end, ${latest}`, {
      remedy: "Set the group's offset with seek", details: { topic: log.name, partition, offset: String(position), latest: String(latest) },
    })
}
