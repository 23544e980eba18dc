import { isTransient, kafkaErrorType } from './kafka-errors.ts'
import { retryDelayMs } from '../retry-delay.ts'
import { pause } from './retry.ts'

export interface PartitionOffset {
  topic: string
  partition: number
  offset: bigint
}

const delay = { initialMs: 50, maxMs: 1000 }
const lostTypes = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID', 'REBALANCE_IN_PROGRESS'])

/** Commits what has been handled: one request at a time, with everything that became due meanwhile. */
export class OffsetCommitter {
  readonly #commit: (offsets: PartitionOffset[]) => Promise<void>
  readonly #random: () => number
  readonly #onLost: () => void
  readonly #onFatal: (error: unknown) => void
  readonly #due = new Map<string, PartitionOffset>()
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined

  constructor(options: {
    commit: (offsets: PartitionOffset[]) => Promise<void>
    random: () => number
    /** The broker says that the generation is over. */
    onLost: () => void
    onFatal: (error: unknown) => void
  }) {
    this.#commit = options.commit
    this.#random = options.random
    this.#onLost = options.onLost
    this.#onFatal = options.onFatal
  }

  handled(offset: PartitionOffset): void {
    if (this.#stop.signal.aborted) return
    this.#due.set(`${offset.topic}/${offset.partition}`, offset)
    this.#running ??= this.#run()
  }

  /** Resolves when all is committed, or cannot be any more. */
  async flush(): Promise<void> {
    await this.#running
  }

  /** Commits nothing more: the partitions may be someone else's. */
  abandon(): void {
    this.#stop.abort()
  }

  async #run(): Promise<void> {
    for (let failures = 0; this.#due.size > 0 && !this.#stop.signal.aborted;) {
      const offsets = [...this.#due.values()]
      this.#due.clear()
      try {
        await this.#commit(offsets)
        failures = 0
      } catch (error) {
        if (!this.#mayRetry(error)) break
        // What became due meanwhile is newer.
        for (const o of offsets) if (!this.#due.has(`${o.topic}/${o.partition}`)) this.#due.set(`${o.topic}/${o.partition}`, o)
        await pause(retryDelayMs(failures++, delay, this.#random), this.#stop.signal)
      }
    }
    // In the same turn as the last look at what is due: what is handled from now on starts anew.
    this.#running = undefined
  }

  #mayRetry(error: unknown): boolean {
    if (this.#stop.signal.aborted) return false
    if (lostTypes.has(kafkaErrorType(error) ?? '')) {
      this.abandon()
      this.#onLost()
      return false
    }
    if (isTransient(error)) return true
    this.abandon()
    this.#onFatal(error)
    return false
  }
}
