import type { DeafTime, Listening } from '../queue/silence.ts'

/** A shorter pause between ticks is no sleep, however short a heartbeat is. */
const shortestSleepMs = 1_000
/** Of older times nobody asks any more. */
const keptMs = 24 * 3_600_000

/**
 * Keeps account of when workers could be heard. After a time when they could not, each gets one heartbeat's time to be heard again (`settleMs`);
 * then his silence counts on from where it was: were it counted anew each time, a bus that comes and goes would hide a dead worker for ever.
 */
export class ListeningTime {
  readonly #settleMs: number
  #since: number
  #deaf: DeafTime[] = []
  #last: number

  /** All times are milliseconds since the epoch; it begins at `since`. */
  constructor(since: number, settleMs: number) {
    this.#since = since
    this.#last = since
    this.#settleMs = settleMs
  }

  /** To be called often: whoever calls it a heartbeat late slept meanwhile. `awayMs`: for how long nobody can have been heard until now; 0: somebody could be. */
  tick(at: number, awayMs: number): Listening {
    // The clock was set back: what was heard before lies in its future, so that silence is counted from here.
    if (at < this.#last) [this.#since, this.#deaf] = [at, []]
    else if (at - this.#last > Math.max(this.#settleMs, shortestSleepMs)) this.#wasDeaf(this.#last, at)
    else if (awayMs > 0) this.#wasDeaf(at - awayMs, at)
    this.#last = at
    return { listeningSince: this.#since, deaf: this.#deaf }
  }

  #wasDeaf(from: number, at: number): void {
    const before = this.#deaf.at(-1)
    const to = at + this.#settleMs
    const joined = before && from <= before.to
    this.#deaf = [...(joined ? this.#deaf.slice(0, -1) : this.#deaf), { from: joined ? Math.min(before.from, from) : from, to }].filter((time) => time.to > at - keptMs)
  }
}
