import { dataTypeOf, type Assignment, type Gap, type StreamForgeError } from '@streamforge/contracts'
import type { Bus } from '@streamforge/bus'
import type { LiveFrame, VenueClient, VenueLog } from '@streamforge/market'
import type { WorkerProgress, WorkerResult } from '@streamforge/service'

/** One assignment on its way from the venue's streams to its topic. */
export interface Lane {
  readonly assignment: Assignment
  /** Resolves when the range has ended by itself; rejects when the lane cannot go on. */
  readonly ended: Promise<void>
  /** Takes a frame of one of its streams; never waits. */
  accept(frame: LiveFrame): void
  connected(renewed: boolean): void
  disconnected(reason: string): void
  /** Says something in the next progress event. */
  notice(text: string): void
  /** A frame came that nobody can read; what it carried is missed by its id. */
  badFrame(error: StreamForgeError): void
  fail(error: unknown): void
  /** A promise while the topic is behind. */
  waitForRoom(): Promise<void> | undefined
  /** Takes nothing more and writes what there is; with `end` the end-of-stream markers too. */
  finish(end: boolean): Promise<WorkerResult>
}

/** What lanes work with. */
export interface LaneOptions {
  assignment: Assignment
  client: VenueClient
  bus: Pick<Bus, 'publish'>
  /** Of the data topic. */
  partitions: number
  progress: (progress: WorkerProgress) => void
  log: VenueLog
  /** Milliseconds since the epoch. */
  now: () => number
  random: () => number
  /** Rejects when the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Receipt of a frame to its record being durable on the topic, in milliseconds. */
  onDelay?: (ms: number) => void
  pace?: Partial<LanePace>
}

/** All in milliseconds, unless said otherwise. */
export interface LanePace {
  /** A record behind a hole waits so long for late ones before the hole is asked for over REST. */
  reorderMs: number
  /** Pauses before the venue is asked again about what REST did not have, one for each question. */
  askAgainMs: readonly number[]
  /** When the queue stops, holes are filled for so long. */
  lastRefillMs: number
  /** After so long without a record the venue is asked over REST whether there is one. */
  quietMs: number
  /** Between records of one open candle. */
  openCandleMs: number
  /** Records held behind a hole at most (a count). */
  heldLimit: number
  /** How long a notice stays in the progress message. */
  noticeMs: number
  /** Between snapshots of a book, and diffs between them (a count). */
  bookSnapshotMs: number
  bookSnapshotDiffs: number
}

export const defaultLanePace: LanePace = {
  reorderMs: 200, askAgainMs: [500, 1_500, 4_000], lastRefillMs: 10_000, quietMs: 30_000, openCandleMs: 500, heldLimit: 20_000, noticeMs: 10_000,
  bookSnapshotMs: 60_000, bookSnapshotDiffs: 20_000,
}

export function gapOf(assignment: Assignment, hole: { from: number; to: number; missing: number }, checkedAt: number): Gap {
  const { queue_id, venue, symbol, type } = assignment
  return { kind: 'gap', queue_id, venue, symbol, type: dataTypeOf(type), ...hole, cause: 'exchange', checked_at: checkedAt }
}
