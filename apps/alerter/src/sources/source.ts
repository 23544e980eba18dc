import type { Reading } from '@streamforge/market'

/** Something that is followed for its readings. */
export interface Source {
  readings(now: number): Reading[]
  /** Looks at what it follows anew; called now and then, never twice at once. */
  refresh?(now: number): Promise<void>
  /** Milliseconds between refreshes. */
  everyMs?: number
  close(): Promise<void>
}
