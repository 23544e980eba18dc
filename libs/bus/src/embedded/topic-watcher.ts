import type { TopicLog } from './topic-log.ts'

const SHORTEST_MS = 2
const LONGEST_MS = 50
/** From here on it listens too. In a busy topic looking is cheaper: a single write gives many notices, and each wakes the process. */
const LISTENING_MS = 10

interface Waiter {
  log: TopicLog
  seen: number
  wake: () => void
}

/**
 * Tells readers when a topic has changed. It looks: every 2 ms after a change, ever less often, down to every 50 ms, while nothing happens;
 * then it also looks soon after the system has given notice of a write, which comes before the write is whole. Appends by this process are announced at once.
 */
export class TopicWatcher {
  readonly #waiters = new Set<Waiter>()
  #interval: number
  #timer: NodeJS.Timeout | undefined
  #dueAt = 0

  /** `firstMs`: milliseconds to the first look, for tests. */
  constructor(firstMs = SHORTEST_MS) {
    this.#interval = firstMs
  }

  /** Resolves once the topic's revision is not `seen` any more, or when the signal aborts. */
  changed(log: TopicLog, seen: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || log.revision !== seen) return resolve()
      const wake = () => {
        this.#waiters.delete(waiter)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const waiter = { log, seen, wake }
      this.#waiters.add(waiter)
      signal.addEventListener('abort', wake)
      this.#schedule()
    })
  }

  /** To be called after an append by this process. */
  announce(log: TopicLog): void {
    if (this.#wakeThose((waiter) => waiter.log === log && log.revision !== waiter.seen)) this.#interval = SHORTEST_MS
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#waiters.size === 0) return
    if (this.#interval >= LISTENING_MS) for (const { log } of this.#waiters) log.hearNextWrite(() => this.#hurry())
    this.#dueAt = performance.now() + this.#interval
    this.#timer = setTimeout(() => this.#look(), this.#interval)
  }

  #hurry(): void {
    this.#interval = SHORTEST_MS
    if (this.#timer === undefined || this.#dueAt - performance.now() <= SHORTEST_MS) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#schedule()
  }

  #look(): void {
    this.#timer = undefined
    const broken = new Set<TopicLog>()
    for (const log of new Set([...this.#waiters].map((waiter) => waiter.log))) if (!canRefresh(log)) broken.add(log)
    const woken = this.#wakeThose(({ log, seen }) => log.revision !== seen || broken.has(log))
    this.#interval = woken ? SHORTEST_MS : Math.min(LONGEST_MS, this.#interval * 1.4)
    this.#schedule()
  }

  #wakeThose(concerned: (waiter: Waiter) => boolean): boolean {
    const woken = [...this.#waiters].filter(concerned)
    for (const { wake } of woken) wake()
    return woken.length > 0
  }
}

/** The readers of a file that cannot be read are woken, to meet the error themselves. */
function canRefresh(log: TopicLog): boolean {
  try {
    log.refresh()
    return true
  } catch {
    return false
  }
}
