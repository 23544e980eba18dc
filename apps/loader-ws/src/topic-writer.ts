import { setTimeout as delay } from 'node:timers/promises'
import { toStreamForgeError } from '@streamforge/contracts'
import type { Bus, OutgoingMessage } from '@streamforge/bus'

export interface TopicWriterOptions<Mark> {
  bus: Pick<Bus, 'publish'>
  topic: string
  key: string
  partition: number
  /** Called after the bus has acknowledged, once for a batch, with the marks of its messages in order and the topic's offset behind the last. */
  onWritten: (marks: readonly Mark[], end: number) => void
  /** The bus refused for good, or for too long. Nothing is written after it. */
  onFailed: (error: unknown) => void
  /** A publish failed and is tried again. */
  onRetry?: (error: unknown) => void
  now?: () => number
  random?: () => number
  limits?: Partial<WriterLimits>
}

export interface WriterLimits {
  /** Milliseconds that a message waits for others at most, while no batch is on its way. */
  flushMs: number
  batch: number
  /** Messages waiting from which on the writer is full; it has room again at half of it. */
  waiting: number
  /** Milliseconds that a bus which is away is waited for. */
  retryMs: number
}
const defaults: WriterLimits = { flushMs: 2, batch: 500, waiting: 10_000, retryMs: 60_000 }
const headers = { 'content-type': 'application/json', schema: 'data' } as const

/** Writes messages to one partition in order, in small batches, one on its way at a time: the next gathers meanwhile. */
export class TopicWriter<Mark> {
  private messages: OutgoingMessage[] = []
  private marks: Mark[] = []
  private timer: NodeJS.Timeout | undefined
  /** When the first of the messages that wait was added. */
  private since = 0
  private writing: Promise<void> | undefined
  private roomier: (() => void) | undefined
  private room: Promise<void> | undefined
  private failed = false
  private readonly limits: WriterLimits
  private readonly options: TopicWriterOptions<Mark>

  constructor(options: TopicWriterOptions<Mark>) {
    this.options = options
    this.limits = { ...defaults, ...options.limits }
  }

  /** `value` is the message's JSON; `mark` comes back when it is durable. */
  add(value: string, mark: Mark): void {
    if (this.failed) return
    this.messages.push({ key: this.options.key, value, headers, partition: this.options.partition })
    this.marks.push(mark)
    if (this.writing) return
    const now = (this.options.now ?? Date.now)()
    if (this.messages.length === 1) this.since = now
    // While much is read at once after a pause, no timer has its turn.
    if (this.messages.length >= this.limits.batch || now - this.since >= this.limits.flushMs) this.begin()
    else this.timer ??= setTimeout(() => this.begin(), this.limits.flushMs)
  }

  /** A promise while too much waits, so that whoever adds can stop; undefined while there is room. */
  waitForRoom(): Promise<void> | undefined {
    if (this.failed || this.messages.length < this.limits.waiting) return this.room
    this.room ??= new Promise((resolve) => { this.roomier = resolve })
    return this.room
  }

  /** Resolves when everything added is durable, or the writer has failed. */
  async drain(): Promise<void> {
    while (this.writing || this.messages.length > 0) {
      if (!this.writing) this.begin()
      await this.writing
    }
  }

  private begin(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.writing ??= this.writeAll().finally(() => { this.writing = undefined })
  }

  private async writeAll(): Promise<void> {
    while (this.messages.length > 0 && !this.failed) {
      const messages = this.messages.splice(0, this.limits.batch)
      const marks = this.marks.splice(0, messages.length)
      let end: number
      try {
        end = await this.publish(messages)
      } catch (error) {
        this.failed = true
        this.messages = []
        this.makeRoom()
        return this.options.onFailed(error)
      }
      this.options.onWritten(marks, end)
      if (this.messages.length <= this.limits.waiting / 2) this.makeRoom()
    }
  }

  private makeRoom(): void {
    this.roomier?.()
    this.roomier = undefined
    this.room = undefined
  }

  /** A batch that may have been written is written again: the store's keys make that harmless. */
  private async publish(messages: OutgoingMessage[]): Promise<number> {
    const { bus, topic, onRetry, now = Date.now, random = Math.random } = this.options
    const giveUpAt = now() + this.limits.retryMs
    for (let failures = 0; ; failures++) {
      try {
        return Number((await bus.publish(topic, messages)).at(-1)!.offset) + 1
      } catch (error) {
        if (!toStreamForgeError(error).retryable || now() >= giveUpAt) throw error
        onRetry?.(error)
        await delay(random() * Math.min(5_000, 100 * 2 ** failures))
      }
    }
  }
}
