export interface Rate {
  /** Requests a minute that a caller may go on with. */
  perMinute: number
  /** Requests that may come at once after a pause. */
  burst: number
}

export interface TakeRequest {
  /** Undefined: go on; else the milliseconds after which this caller may try again. */
  (caller: string): number | undefined
  /** The part of its burst that whoever has used most of it has used up now, 0 to 1. */
  used(): number
}

const mostCallers = 10_000
/** What is less is an error of rounding: instants of today are exact to a quarter of a microsecond. */
const roundingMs = 0.01

/**
 * A rate a caller, by the generic cell rate algorithm (ITU-T I.371): one number a caller, the instant at which all that it has sent would
 * have been due. What is refused costs nothing, so that a caller who waits as long as told gets through. Memory is bounded: of more than
 * 10,000 callers, those are forgotten that have not come for the longest.
 */
export function requestRates({ perMinute, burst }: Rate, now: () => number): TakeRequest {
  const intervalMs = 60_000 / perMinute
  const due = new Map<string, number>()
  const used = () => {
    const at = now()
    let most = 0
    for (const instant of due.values()) most = Math.max(most, (instant - at) / (burst * intervalMs))
    return Math.min(1, most)
  }
  const take = (caller: string) => {
    const at = now()
    const known = due.get(caller) ?? at
    // Nothing is due later than a whole burst from now, unless somebody has set the clock back: nobody may be locked out until it is there again.
    const next = (known - at > burst * intervalMs + roundingMs ? at : Math.max(known, at)) + intervalMs
    const waitMs = next - at - burst * intervalMs
    if (waitMs > roundingMs) return waitMs
    // Taken out and put in again: a map is ordered by when its keys came.
    due.delete(caller)
    due.set(caller, next)
    if (due.size > mostCallers) due.delete(due.keys().next().value!)
    return undefined
  }
  return Object.assign(take, { used })
}
