import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import type { LiveVenue } from '../live/live-venue.ts'
import type { Replay } from '../live/replay.ts'
import type { StreamHub } from './stream-hub.ts'

export interface RunStreamsOptions {
  readonly venue: LiveVenue
  readonly hub: StreamHub
  /** Of a recording: 1 as it was, 10 ten times as fast, 0 as fast as the slowest client takes it. */
  readonly speed: number
  readonly signal: AbortSignal
}

const tickMs = 10
const messagesAtOnce = 2000
const framesAtOnce = 256
/** Bytes on their way to a client beyond which a recording at full speed waits for it. */
const mostWaiting = 1024 * 1024

/** Lets the venue's present happen until the signal. A recording begins with the first that listens to it. */
export async function runStreams(options: RunStreamsOptions): Promise<void> {
  const { venue, hub, signal } = options
  const { replay } = venue
  await Promise.all([tickFeeds(venue, hub, signal), replay && playRecording(replay, options)])
}

async function tickFeeds(venue: LiveVenue, hub: StreamHub, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let done = true
    if (venue.hasFeeds) hub.batch(() => { done = venue.catchUp(messagesAtOnce) })
    await (done ? pause(tickMs, signal) : nextTurn())
  }
}

async function playRecording(replay: Replay, { hub, speed, signal }: RunStreamsOptions): Promise<void> {
  while (!hub.listening && !signal.aborted) await pause(tickMs, signal)
  const begun = performance.now()
  while (!replay.ended && !signal.aborted) {
    if (speed === 0) await playAtFullSpeed(replay, hub, signal)
    else {
      const due = (performance.now() - begun) * speed
      hub.batch(() => { for (let k = 0; k < messagesAtOnce && replay.nextOffset <= due; k++) replay.step() })
      const waitMs = (replay.nextOffset - due) / speed
      await (waitMs > 0 ? pause(Math.min(Math.max(1, waitMs), 1000), signal) : nextTurn())
    }
  }
}

async function playAtFullSpeed(replay: Replay, hub: StreamHub, signal: AbortSignal): Promise<void> {
  if (!hub.listening || hub.mostBuffered() > mostWaiting) {
    await pause(1, signal)
    return
  }
  hub.batch(() => { for (let k = 0; k < framesAtOnce && !replay.ended; k++) replay.step() })
  await nextTurn()
}

const pause = (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal }).catch(() => undefined)
