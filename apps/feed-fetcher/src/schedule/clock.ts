/** Time as the scheduler sees it: the machine's, or one that a test lets run. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls back once at an instant or soon after; returns what cancels it. */
  at(instant: number, callback: () => void): () => void
}

/** Longer timers overflow in Node. */
const longestTimer = 2 ** 31 - 1

export function systemClock(now: () => number): Clock {
  return {
    now,
    at(instant, callback) {
      let timer: NodeJS.Timeout
      // Woken early, by a clock that was set back or a timer at its limit, it waits for the rest.
      const wait = () => {
        const left = instant - now()
        timer = setTimeout(() => left > longestTimer || instant > now() ? wait() : callback(), Math.min(longestTimer, Math.max(0, left)))
      }
      wait()
      return () => clearTimeout(timer)
    },
  }
}

/** Resolves at an instant, or at once when the signal aborts. */
export function waitUntil(clock: Clock, instant: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || instant <= clock.now()) return resolve()
    const end = () => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.at(instant, end)
    signal.addEventListener('abort', end, { once: true })
  })
}
