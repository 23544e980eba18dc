export interface Rate {
  /** Requests a minute that a caller may go on with. */
  perMinute: number
  /** Requests that may come at once after a pause. */
  burst: number
}

/** Answers undefined: go on; else the milliseconds after which this caller may try again. */
export interface RequestRates {
  take(caller: string): number | undefined
  /** What `take` would answer, without taking. */
  look(caller: string): number | undefined
}

const mostCallers = 10_000

/**
 * A rate a caller, by the generic cell rate algorithm (ITU-T I.371): one number a caller, the instant at which all that it has sent would
 * have been due. What is refused costs nothing, so that a caller who waits as long as told gets through. Memory is bounded: of more than
 * 10,000 callers, those are forgotten that have not come for the longest.
 */
export function requestRates({ perMinute, burst }: Rate, now: () => number): RequestRates {
  const intervalMs = 60_000 / perMinute
  const due = new Map<string, number>()
  const nextOf = (caller: string, at: number) => Math.max(due.get(caller) ?? at, at) + intervalMs
  const waitOf = (next: number, at: number) => {
    const waitMs = next - at - burst * intervalMs
    return waitMs > 0 ? waitMs : undefined
  }
  return {
    take(caller) {
      const at = now()
      const next = nextOf(caller, at)
      const waitMs = waitOf(next, at)
      if (waitMs !== undefined) return waitMs
      // Taken out and put in again: a map is ordered by when its keys came.
      due.delete(caller)
      due.set(caller, next)
      if (due.size > mostCallers) due.delete(due.keys().next().value!)
      return undefined
    },
    look(caller) {
      const at = now()
      return waitOf(nextOf(caller, at), at)
    },
  }
}
