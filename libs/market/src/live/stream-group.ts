import type { EventBuffer } from './event-buffer.ts'
import type { FeedCounts, FeedPace, LiveEvent } from './live-feed.ts'
import { openLiveSocket, type LiveSocket } from './live-socket.ts'
import type { LiveLimits, LiveVenue } from './live-venue.ts'

export interface StreamGroupOptions {
  venue: LiveVenue
  url: string
  limits: LiveLimits
  pace: FeedPace
  streams: readonly string[]
  now: () => number
  random: () => number
  attempts: { take(): number }
  buffer: EventBuffer<LiveEvent>
  counts: FeedCounts
}

/** A connection that lived at least so long was a good one: the next attempt need not wait. */
const STABLE_MS = 10_000

/** The streams of one connection, through its renewals and reconnections. For a moment of a renewal there are two. */
export class StreamGroup {
  private streams: readonly string[]
  private readonly sockets = new Set<LiveSocket>()
  private readonly options: StreamGroupOptions
  /** Whether `connected` was told last. */
  private live = false
  private closed = false
  private paused = false
  private failures = 0
  private attempt: NodeJS.Timeout | undefined
  private renewal: NodeJS.Timeout | undefined
  private overlap: NodeJS.Timeout | undefined
  private waitingForReader = false

  constructor(options: StreamGroupOptions) {
    this.options = options
    this.streams = options.streams
  }

  /** Begins an attempt, after `delay` and as the venue's limit allows; one at a time. */
  connect(delay = 0): void {
    if (this.closed || this.attempt !== undefined || this.streams.length === 0) return
    const wait = Math.max(delay, this.options.attempts.take())
    this.attempt = setTimeout(() => {
      this.attempt = undefined
      this.open()
    }, wait)
  }

  setPaused(paused: boolean): void {
    this.paused = paused
    for (const socket of this.sockets) if (paused) socket.pause(); else socket.resume()
    if (!paused && this.waitingForReader) {
      this.waitingForReader = false
      this.connect()
    }
  }

  /** Gives up all connections. */
  lose(reason: string): void {
    for (const socket of this.sockets) socket.close(reason)
  }

  unsubscribe(streams: readonly string[]): void {
    const own = this.streams.filter((stream) => streams.includes(stream))
    if (own.length === 0) return
    this.streams = this.streams.filter((stream) => !own.includes(stream))
    if (this.streams.length === 0) this.close()
    else for (const socket of this.sockets) socket.unsubscribe(own)
  }

  close(): void {
    this.closed = true
    for (const timer of [this.attempt, this.renewal, this.overlap]) clearTimeout(timer)
    this.lose('ended')
  }

  private open(): void {
    const { venue, url, limits, now, buffer, counts } = this.options
    const renews = this.sockets.size > 0
    const socket = openLiveSocket({
      venue, url, limits, streams: this.streams, now,
      onFrame(frame, receivedAt, bytes) {
        counts.frames++
        counts.bytes += bytes
        buffer.push({ type: 'frame', frame, receivedAt }, bytes)
      },
      onBadFrame: (error) => {
        counts.badFrames++
        buffer.push({ type: 'bad_frame', streams: this.streams, error })
      },
      onSubscribed: () => this.onLive(socket, renews),
      onRefused: (stream, error) => {
        this.streams = this.streams.filter((name) => name !== stream)
        buffer.push({ type: 'refused', stream, error })
      },
      onClosed: (reason) => this.onClosed(socket, reason),
    })
    this.sockets.add(socket)
  }

  private onLive(socket: LiveSocket, renews: boolean): void {
    const { buffer, counts, pace } = this.options
    counts.connections++
    if (this.streams.length === 0) return this.close()
    if (this.paused) socket.pause()
    const renewed = renews && this.live
    if (renewed) counts.renewals++
    this.live = true
    buffer.push({ type: 'connected', streams: this.streams, renewed })
    this.planRenewal()
    clearTimeout(this.overlap)
    this.overlap = setTimeout(() => {
      for (const older of this.sockets) if (older !== socket) older.close('renewed')
    }, pace.overlapMs)
  }

  private planRenewal(): void {
    const { limits, pace, random } = this.options
    clearTimeout(this.renewal)
    this.renewal = setTimeout(() => this.connect(), Math.max(0, limits.lifetimeMs - pace.renewBeforeEndMs * (1 + random())))
  }

  private onClosed(socket: LiveSocket, reason: string): void {
    this.sockets.delete(socket)
    if (this.closed || reason === 'renewed') return
    const { buffer, counts } = this.options
    const lived = performance.now() - socket.openedAt
    this.failures = lived >= STABLE_MS ? 0 : this.failures + 1
    if (this.sockets.size === 0) {
      clearTimeout(this.renewal)
      clearTimeout(this.overlap)
      if (this.live) counts.losses++
      buffer.push({ type: 'disconnected', streams: this.streams, reason })
      this.live = false
    }
    if (buffer.isFull) this.waitingForReader = true
    else this.connect(this.backoff())
  }

  /** Full jitter. */
  private backoff(): number {
    const { pace, random } = this.options
    return random() * Math.min(pace.retryMaximumMs, pace.retryMinimumMs * 2 ** this.failures)
  }
}
