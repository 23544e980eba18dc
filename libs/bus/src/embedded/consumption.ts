import type { Consumer } from '../bus.ts'
import type { PartitionLoop } from './partition-loop.ts'
import type { TopicLog } from './topic-log.ts'

/** The consumer's end: `done`, which rejects with the first error and otherwise never settles before close(). */
export class Ending {
  readonly done: Promise<void>
  readonly #controller = new AbortController()
  #settle!: { resolve: () => void; reject: (error: unknown) => void }

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    // Callers need not watch `done`; without this, one that does not would be ended by an unhandled rejection.
    this.done.catch(() => {})
  }

  /** Aborted once the consumer closes or fails. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  fail(error: unknown): void {
    this.#settle.reject(error)
    this.#controller.abort()
  }

  begin(): void {
    this.#controller.abort()
  }

  complete(): void {
    this.#settle.resolve()
  }
}

/** What a consumer needs of the bus that made it, besides its own options. */
export interface ConsumerHost {
  hold: (topic: string) => Promise<TopicLog>
  release: (log: TopicLog) => void
  /** Called once the consumer has closed. */
  onClosed: (consumer: Consumer) => void
}

/** Waits until the loops have ended, for at most `timeoutMs`: a handler that never settles must not keep the process. */
export async function allFinished(loops: Iterable<PartitionLoop>, timeoutMs: number): Promise<void> {
  const finished = Promise.allSettled([...loops].map((loop) => loop.finished))
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs)
  })
  await Promise.race([finished, timeout])
  clearTimeout(timer)
}

/** Opens all topics, or none when one is missing. @throws StreamForgeError TOPIC_NOT_FOUND */
export async function holdAll(host: ConsumerHost, topics: readonly string[]): Promise<Map<string, TopicLog>> {
  const logs = new Map<string, TopicLog>()
  try {
    for (const topic of new Set(topics)) logs.set(topic, await host.hold(topic))
    return logs
  } catch (error) {
    for (const log of logs.values()) host.release(log)
    throw error
  }
}
