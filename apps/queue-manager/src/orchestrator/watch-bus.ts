import { setTimeout as delay } from 'node:timers/promises'
import type { Bus } from '@streamforge/bus'
import { catalog, StreamForgeError } from '@streamforge/contracts'

export interface BusWatch {
  /** For how many milliseconds nobody who has something to tell can have been heard until now; 0: he could be. */
  awayMs(): number
  close(): Promise<void>
}

export interface BusWatchOptions {
  bus: Pick<Bus, 'admin'>
  /** Milliseconds between looks; default 1000. */
  everyMs?: number
  /** A look that takes longer than this has found the bus away, in milliseconds; default 2000. */
  lateMs?: number
  /** Milliseconds of a clock that never jumps. */
  elapsed?: () => number
}

/** Looks again and again whether the bus answers: while it does not, all workers are silent, and none of them is lost for that. */
export function watchBus({ bus, everyMs = 1_000, lateMs = 2_000, elapsed = () => performance.now() }: BusWatchOptions): BusWatch {
  const ending = new AbortController()
  let asked: number | undefined
  let away = false
  let answeredAt = elapsed()
  const look = async () => {
    asked = elapsed()
    away = await bus.admin.describeTopic(catalog['queue-events'].topic).then(() => false, (error: unknown) => !isNoTopic(error))
    asked = undefined
    if (!away) answeredAt = elapsed()
  }
  const run = async () => {
    while (!ending.signal.aborted) {
      await look()
      await delay(everyMs, undefined, { signal: ending.signal, ref: false }).catch(() => undefined)
    }
  }
  void run()
  return {
    awayMs: () => (away || (asked !== undefined && elapsed() - asked >= lateMs) ? elapsed() - answeredAt : 0),
    // A look under way is not waited for: the bus may be away for long, and nobody asks any more.
    close: () => Promise.resolve(ending.abort()),
  }
}

/** That is an answer. */
const isNoTopic = (error: unknown) => error instanceof StreamForgeError && error.code === 'TOPIC_NOT_FOUND'
