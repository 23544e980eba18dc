/** A reservation of request weight. Settle it once, when the answer is there or the request has failed. */
export interface WeightLease {
  /** @param usedWeight what the venue says was used in its current window by everyone who shares the limit */
  settle(usedWeight?: number): void
}

export interface WeightBudget {
  /** Waits for room and takes it, first come first served. Rejects when the signal aborts. */
  acquire(weight: number, signal?: AbortSignal): Promise<WeightLease>
  /** Nobody gets anything before `time` (own clock): the venue said Retry-After. Never shortens a pause. */
  pauseUntil(time: number): void
  /** Milliseconds that the venue's clock is ahead of ours: its windows start at whole multiples of the length on its clock. */
  setClockOffset(offsetMs: number): void
  /** The limit that the venue itself states; 0: none. */
  setLimit(limit: number): void
}

export interface WeightBudgetOptions {
  /** Weight a window; 0: no limit (pauses still hold). */
  limit: number
  windowMs: number
  /** Part of the limit left unused, for requests of other processes that the last answer did not count yet; default 0.05. */
  margin?: number
  /** Weight left unused beside that, which others behind this address may have under way that no answer has counted; at most half of the limit. */
  reserve?: number
  now: () => number
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

/**
 * Keeps within a venue's weight limit. The venue's own count, which comes with every answer, overrides ours: that is how several
 * processes behind one address share the limit without talking to each other. What they do not see of each other is what is under way:
 * each may exceed by that much what it believes to be left, so that much is left unused.
 */
export function weightBudget({ windowMs, margin = 0.05, reserve = 0, now, sleep, ...initial }: WeightBudgetOptions): WeightBudget {
  let { limit } = initial
  let offset = 0
  let pausedUntil = 0
  let window = -1
  let used = 0
  let reserved = 0
  let sequence = 0
  let newestCount = -1
  let lastInLine: Promise<unknown> = Promise.resolve()

  function rollWindow() {
    const current = Math.floor((now() + offset) / windowMs)
    if (current === window) return
    window = current
    used = 0
  }

  function lease(weight: number): WeightLease {
    const takenIn = window
    const number = sequence++
    let open = true
    reserved += weight
    return {
      settle(usedWeight) {
        if (!open) return
        open = false
        reserved -= weight
        rollWindow()
        if (usedWeight === undefined) {
          if (takenIn === window) used += weight
        } else if (number > newestCount) {
          newestCount = number
          if (takenIn === window) used = usedWeight
        }
      },
    }
  }

  const usable = () => Math.floor(limit * (1 - margin) - Math.min(reserve, limit / 2))

  /** Milliseconds to wait before `weight` fits; 0: it fits now. A request heavier than the whole budget goes alone. */
  function waitFor(weight: number): number {
    const time = now()
    if (time < pausedUntil) return pausedUntil - time
    rollWindow()
    const taken = used + reserved
    if (limit === 0 || taken === 0 || taken + weight <= usable()) return 0
    return windowMs - ((((time + offset) % windowMs) + windowMs) % windowMs)
  }

  async function takeTurn(weight: number, signal?: AbortSignal): Promise<WeightLease> {
    for (;;) {
      signal?.throwIfAborted()
      const ms = waitFor(weight)
      if (ms === 0) return lease(weight)
      await sleep(ms, signal)
    }
  }

  return {
    acquire(weight, signal) {
      const turn = lastInLine.then(() => takeTurn(weight, signal))
      lastInLine = turn.catch(() => undefined)
      return turn
    },
    pauseUntil(time) { pausedUntil = Math.max(pausedUntil, time) },
    setClockOffset(offsetMs) { offset = offsetMs },
    setLimit(stated) { limit = stated },
  }
}
