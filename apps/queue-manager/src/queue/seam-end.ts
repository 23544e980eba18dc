import type { StoredQueue } from '@streamforge/contracts'
import { hasEnded } from './queue-input.ts'

export interface SeamView {
  /** The live queue of the same series; undefined when it is gone. */
  live: Pick<StoredQueue, 'status'> | undefined
  /** Event time of the first live trade that is stored, if there is one. */
  firstTime: number | undefined
  /** Milliseconds since the epoch. */
  now: number
  /** How long the venue is given to have over REST what it has streamed. */
  settleMs: number
}

/**
 * Where the history of trades ends that live ones continue (excluded); undefined while that is not known, `never` when it will not be.
 * One trade at least comes from both sides: history reaches over the first live one, from where live is whole. Too late an end does
 * no harm, too early a one would leave a hole.
 */
export function seamEnd({ live, firstTime, now, settleMs }: SeamView): number | 'never' | undefined {
  if (firstTime !== undefined) return now > firstTime + settleMs ? firstTime + 1 : undefined
  // Its range ended without a single live trade: history is all there is.
  if (live?.status === 'finished') return now
  // A retry begins both anew. An end of our own making could leave a hole before the live trades that come then.
  return live === undefined || hasEnded(live) ? 'never' : undefined
}
