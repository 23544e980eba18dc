import { withLockRetry } from './sqlite.ts'
import type { TopicLog } from './topic-log.ts'
import { type TopicRegistry } from './topic-registry.ts'

/** Files kept open for the next publish or look, beyond those that consumers hold. */
const KEPT_OPEN = 32

/** The topics whose files this bus has open. One connection a topic serves publishers and readers. */
export class OpenTopics {
  readonly #registry: TopicRegistry
  readonly #now: () => number
  /** By name, least recently used first. */
  readonly #current = new Map<string, TopicLog>()
  readonly #holders = new Map<TopicLog, number>()
  #closed = false

  constructor(registry: TopicRegistry, now: () => number) {
    this.#registry = registry
    this.#now = now
  }

  /**
   * The topic as it is now, even if it was deleted and made again since the last call; stays open until released.
   * @throws StreamForgeError TOPIC_NOT_FOUND
   */
  hold(name: string): Promise<TopicLog> {
    return withLockRetry(`open topic '${name}'`, () => {
      const log = this.#open(name)
      this.#holders.set(log, (this.#holders.get(log) ?? 0) + 1)
      return log
    })
  }

  /** Runs `work` on the topic as it is now. @throws StreamForgeError TOPIC_NOT_FOUND */
  async look<T>(name: string, work: (log: TopicLog) => T): Promise<T> {
    const log = await this.hold(name)
    try {
      return await withLockRetry(`read topic '${name}'`, () => work(log))
    } finally {
      this.release(log)
    }
  }

  release(log: TopicLog): void {
    const holders = (this.#holders.get(log) ?? 1) - 1
    if (holders > 0) this.#holders.set(log, holders)
    else {
      this.#holders.delete(log)
      if (this.#closed || this.#current.get(log.name) !== log) log.close()
    }
  }

  #open(name: string): TopicLog {
    let log = this.#current.get(name)
    this.#current.delete(name)
    log?.refresh()
    if (log?.deleted) {
      this.#closeUnlessHeld(log)
      log = undefined
    }
    log ??= this.#registry.open(name)
    this.#current.set(name, log)
    this.#evict(log)
    return log
  }

  #evict(except: TopicLog): void {
    for (const [name, log] of this.#current) {
      if (this.#current.size <= KEPT_OPEN) return
      if (log === except || this.#holders.has(log)) continue
      this.#current.delete(name)
      log.close()
    }
  }

  #closeUnlessHeld(log: TopicLog): void {
    if (!this.#holders.has(log)) log.close()
  }

  /** Drops what retention allows to drop. Another process that does the same at the same time is no harm. */
  sweepExpired(): void {
    for (const log of this.#current.values()) {
      if (log.retentionMs === undefined || log.deleted) continue
      try {
        log.refresh()
        for (let partition = 0; partition < log.partitions; partition++) log.deleteOldest(partition, { olderThan: this.#now() - log.retentionMs })
      } catch {
        // Locked or unreadable just now: the next sweep comes by itself.
      }
    }
  }

  close(): void {
    this.#closed = true
    for (const log of this.#current.values()) log.close()
    for (const log of this.#holders.keys()) log.close()
    this.#current.clear()
    this.#holders.clear()
  }
}
