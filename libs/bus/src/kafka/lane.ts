import type { BatchHandler, IncomingMessage } from '../bus.ts'
import { channels, type ConsumeDiagnostic, type RetryDiagnostic } from '../channels.ts'
import { retryDelayMs, type RetryDelay } from '../retry-delay.ts'
import { pause } from './retry.ts'

export interface LaneOptions {
  topic: string
  partition: number
  /** Offset of the first message to deliver. */
  position: bigint
  group: string | undefined
  maxBatch: number
  retryDelay: RetryDelay
  random: () => number
  handler: BatchHandler
  /** Delivery waits for it: an earlier handler of this partition that has not ended yet. */
  after?: Promise<void> | undefined
  /** A batch's handler has resolved; everything before `next` is done. */
  onHandled: (next: bigint) => void
}

/** Delivers one partition's messages to the handler, batch after batch, each again until it is handled. Knows nothing of Kafka. */
export class Lane {
  readonly topic: string
  readonly partition: number
  /** Offset to fetch next. */
  fetchOffset: bigint
  /** Called when the lane can take more messages. */
  onRoom: () => void = () => {}
  readonly #options: LaneOptions
  readonly #abort = new AbortController()
  readonly #halt = new AbortController()
  #buffer: IncomingMessage[] = []
  #highWatermark = 0n
  #delivering: Promise<void> | undefined

  constructor(options: LaneOptions) {
    this.topic = options.topic
    this.partition = options.partition
    this.fetchOffset = options.position
    this.#options = options
  }

  /** While the handler has one batch in hand, at most about one more is kept ready. */
  get wantsMore(): boolean {
    return !this.#halt.signal.aborted && this.#buffer.length < this.#options.maxBatch
  }

  /** Takes what was fetched from `fetchOffset` on; the next fetch starts at `next`. */
  append(messages: readonly IncomingMessage[], next: bigint, highWatermark: bigint): void {
    if (this.#halt.signal.aborted) return
    this.fetchOffset = next
    this.#highWatermark = highWatermark
    if (messages.length === 0) return
    this.#buffer = this.#buffer.length === 0 ? [...messages] : this.#buffer.concat(messages)
    this.#delivering ??= this.#deliver()
  }

  /** Starts no further batch; resolves when the one in hand, if any, has ended. */
  async halt(): Promise<void> {
    this.#halt.abort()
    await this.#delivering
  }

  /** Tells the handler that its batch will not be committed, or that the consumer stops. */
  abort(): void {
    this.#halt.abort()
    this.#abort.abort()
  }

  async #deliver(): Promise<void> {
    if (this.#options.after) await this.#options.after
    while (this.#buffer.length > 0 && !this.#halt.signal.aborted) {
      const messages = this.#buffer.slice(0, this.#options.maxBatch)
      this.#buffer = this.#buffer.slice(messages.length)
      if (this.wantsMore) this.onRoom()
      if (!(await this.#handle(messages))) break
      this.#options.onHandled(messages.at(-1)!.offset + 1n)
    }
    // In the same turn as the last look at the buffer: what is appended from now on starts anew.
    this.#delivering = undefined
  }

  /** False when the lane was halted before the handler resolved. */
  async #handle(messages: readonly IncomingMessage[]): Promise<boolean> {
    const { topic, partition, group, handler, retryDelay, random } = this.#options
    for (let attempt = 0; ; attempt++) {
      const began = performance.now()
      try {
        await handler({ topic, partition, messages, highWatermark: this.#highWatermark, signal: this.#abort.signal })
        if (channels.consume.hasSubscribers) {
          channels.consume.publish({ topic, partition, group, messages: messages.length, ms: performance.now() - began } satisfies ConsumeDiagnostic)
        }
        return true
      } catch (error) {
        if (this.#halt.signal.aborted) return false
        channels.retry.publish({ topic, partition, group, attempt, error } satisfies RetryDiagnostic)
        await pause(retryDelayMs(attempt, retryDelay, random), this.#halt.signal)
        if (this.#halt.signal.aborted) return false
      }
    }
  }
}
