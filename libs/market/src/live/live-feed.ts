import type { StreamForgeError } from '@streamforge/contracts'
import { attemptLimit } from './attempt-limit.ts'
import { EventBuffer, type BufferLimits } from './event-buffer.ts'
import type { LiveFrame, LiveLimits, LiveVenue } from './live-venue.ts'
import { StreamGroup } from './stream-group.ts'

export type LiveEvent =
  | { type: 'frame'; frame: LiveFrame; receivedAt: number }
  | { type: 'bad_frame'; streams: readonly string[]; error: StreamForgeError }
  /** The streams are live; `renewed` when a connection took over from another without a break. */
  | { type: 'connected'; streams: readonly string[]; renewed: boolean }
  /** No connection carries these streams any more; another one is on its way. */
  | { type: 'disconnected'; streams: readonly string[]; reason: string }
  | { type: 'refused'; stream: string; error: StreamForgeError }

export interface LiveFeedOptions {
  venue: LiveVenue
  streams: readonly string[]
  /** The venue's base address; default: its own. */
  url?: string | undefined
  /** Milliseconds since the epoch. */
  now?: () => number
  /** Uniform in [0, 1). */
  random?: () => number
  limits?: Partial<LiveLimits>
  pace?: Partial<FeedPace>
  buffer?: Partial<BufferLimits>
}

/** All in milliseconds. */
export interface FeedPace {
  /** A reader that is so long behind costs the connection: what was missed is then fetched over REST. */
  longestPauseMs: number
  /** Both connections of a renewal run side by side for so long after the new one is live. */
  overlapMs: number
  /** A connection is renewed so long before its end; up to as much again earlier, so that not all are renewed at once. */
  renewBeforeEndMs: number
  retryMinimumMs: number
  retryMaximumMs: number
}

export const defaultFeedPace: FeedPace = {
  longestPauseMs: 10_000, overlapMs: 2_000, renewBeforeEndMs: 600_000, retryMinimumMs: 250, retryMaximumMs: 30_000,
}
const defaultBuffer: BufferLimits = { events: 10_000, bytes: 16 * 1024 * 1024 }

export interface FeedCounts {
  frames: number
  bytes: number
  badFrames: number
  /** Connections that were made, and those among them that were lost. */
  connections: number
  losses: number
  renewals: number
  /** Times that reading stopped because the reader was behind; those that cost the connection. */
  pauses: number
  slowReaderLosses: number
}

/** Everything that the streams bring, in batches, in the order of receipt. End it with `close`. */
export interface LiveFeed extends AsyncIterable<LiveEvent[]> {
  readonly counts: Readonly<FeedCounts>
  unsubscribe(streams: readonly string[]): void
  /** No frame is taken from now on; the iteration ends after those that were. */
  close(): void
}

/**
 * Keeps streams of a venue connected: spread over connections within the venue's limits, renewed with overlap before their end,
 * connected again with full jitter when lost. It promises no continuity: that is proved downstream, by ids.
 *
 * While the reader is behind, sockets are not read, and the frames wait in the network (TCP). If that lasts, the connection is given up
 * and made anew when the reader has caught up. Nothing is dropped without a `disconnected` event.
 */
export function openLiveFeed(options: LiveFeedOptions): LiveFeed {
  const { venue, now = Date.now, random = Math.random } = options
  const limits = { ...venue.limits, ...options.limits }
  const pace = { ...defaultFeedPace, ...options.pace }
  const counts: FeedCounts = { frames: 0, bytes: 0, badFrames: 0, connections: 0, losses: 0, renewals: 0, pauses: 0, slowReaderLosses: 0 }
  const groups: StreamGroup[] = []
  let slow: NodeJS.Timeout | undefined

  const buffer = new EventBuffer<LiveEvent>({ ...defaultBuffer, ...options.buffer }, (full) => {
    clearTimeout(slow)
    if (full) counts.pauses++
    for (const group of groups) group.setPaused(full)
    if (full) slow = setTimeout(giveUp, pace.longestPauseMs)
  })
  const giveUp = () => {
    counts.slowReaderLosses++
    for (const group of groups) group.lose('the reader was behind for too long')
  }
  const attempts = attemptLimit(limits.attempts, () => performance.now())
  const url = venue.address(options.url ?? venue.defaultUrl)
  for (let i = 0; i < options.streams.length; i += limits.streamsPerConnection) {
    groups.push(new StreamGroup({
      venue, url, limits, pace, now, random, attempts, buffer, counts, streams: options.streams.slice(i, i + limits.streamsPerConnection),
    }))
  }
  for (const group of groups) group.connect()
  return {
    counts,
    unsubscribe: (streams) => { for (const group of groups) group.unsubscribe(streams) },
    close() {
      clearTimeout(slow)
      for (const group of groups) group.close()
      buffer.end()
    },
    async *[Symbol.asyncIterator]() {
      for (let events = await buffer.take(); events; events = await buffer.take()) yield events
    },
  }
}
