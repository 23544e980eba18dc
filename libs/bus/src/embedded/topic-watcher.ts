import type { TopicLog } from './topic-log.ts'

const SHORTEST_MS = 2
const LONGEST_MS = 50
/** A notice may come before the write is whole, and there need not be another. */
const NOTICE_MS = 1

interface Waiter {
  log: TopicLog
  seen: number
  wake: () => void
}

/**
 * Tells readers when a topic has changed. After a change it looks again in 2 ms; when nothing has come it listens for the system's notice of the next write,
 * looks at once, and every 50 ms all the same. Where there is no notice it looks ever less often. Appends by this process are announced at once.
 */
export class TopicWatcher {
  readonly #waiters = new Set<Waiter>()
  readonly #longestMs: number
  #interval = SHORTEST_MS
  #timer: NodeJS.Timeout | undefined
  #dueAt = 0

  constructor(longestMs = LONGEST_MS) {
    this.#longestMs = longestMs
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
      this.#lookIn(SHORTEST_MS)
    })
  }

  /** To be called after an append by this process. */
  announce(log: TopicLog): void {
    if (this.#wakeThose((waiter) => waiter.log === log && log.revision !== waiter.seen)) this.#interval = SHORTEST_MS
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#waiters.size === 0) return
    this.#dueAt = performance.now() + this.#interval
    this.#timer = setTimeout(() => this.#look(), this.#interval)
  }

  /** Sooner than it would otherwise, if that is later. */
  #lookIn(ms: number): void {
    if (this.#timer !== undefined && this.#dueAt - performance.now() <= ms) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#interval = ms
    this.#schedule()
  }

  #look(): void {
    this.#timer = undefined
    this.#interval = this.#wakeChanged() ? SHORTEST_MS : Math.min(this.#longestMs, this.#interval * 1.4)
    // What was written between the look and the beginning of the listening gives no notice.
    if (this.#interval !== SHORTEST_MS && this.#listens()) this.#interval = this.#wakeChanged() ? SHORTEST_MS : this.#longestMs
    this.#schedule()
  }

  /** A transaction is several writes, with a notice each: the readers are woken with the last one, not a timer's millisecond after the first. */
  #onNotice(): void {
    if (this.#wakeChanged() || (this.#listens() && this.#wakeChanged())) this.#interval = SHORTEST_MS
    else this.#lookIn(NOTICE_MS)
  }

  #listens(): boolean {
    return [...this.#logs()].every((log) => log.hearNextWrite(() => this.#onNotice()))
  }

  #logs(): Set<TopicLog> {
    return new Set([...this.#waiters].map((waiter) => waiter.log))
  }

  #wakeChanged(): boolean {
    const broken = new Set([...this.#logs()].filter((log) => !canRefresh(log)))
    return this.#wakeThose(({ log, seen }) => log.revision !== seen || broken.has(log))
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
