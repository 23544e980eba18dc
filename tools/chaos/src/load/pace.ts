/** What decides how slowly the venue has to answer, so that records still flow when the last fault comes. */
export interface PaceInput {
  readonly remainingRecords: number
  readonly remainingFaults: number
  readonly secondsPerFault: number
  /** Requests under way at once, each of a page. */
  readonly parallel: number
}

export const pageRows = 1_000
/** A queue that works again shows it within this, and the records flow all the faster. */
const longestMs = 1_000

/** Milliseconds that every answer of the venue is held back; 0 once no fault is left. Pure. */
export function paceMs({ remainingRecords, remainingFaults, secondsPerFault, parallel }: PaceInput): number {
  if (remainingFaults <= 0) return 0
  const rate = Math.max(1, remainingRecords) / (remainingFaults * secondsPerFault)
  return Math.max(1, Math.min(longestMs, Math.round((parallel * pageRows * 1_000) / rate)))
}
