import { dataTypeOf, type Assignment, type EpochMs, type Gap } from '@streamforge/contracts'
import type { Source, VenueClient, VenueLog } from '@streamforge/market'
import type { Hole } from './find-holes.ts'
import type { ShardPublisher } from './publish-shard.ts'
import type { ShardState } from './shard-state.ts'

/** What the loading of one shard works with. */
export interface ShardRun {
  readonly assignment: Assignment
  readonly client: VenueClient
  readonly state: ShardState
  readonly publisher: ShardPublisher
  readonly source: Source
  /** Requests of this shard on their way at most. */
  readonly ahead: number
  /** The venue's clock. */
  readonly venueNow: () => EpochMs
  readonly now: () => EpochMs
  readonly signal: AbortSignal
  readonly log: VenueLog
  /** Counts duplicates that the venue sent. */
  readonly onDuplicates: (count: number) => void
  /** Tells that `state` has moved on. */
  readonly onProgress: () => void
}

/** A gap record of a hole given in time. */
export function gapOf(run: ShardRun, hole: Hole, cause: Gap['cause']): Gap {
  const { queue_id, venue, symbol, type } = run.assignment
  run.log.info({ from: hole.from, to: hole.to, missing: hole.missing, cause }, 'the venue has a hole here')
  return { kind: 'gap', queue_id, venue, symbol, type: dataTypeOf(type), ...hole, cause, checked_at: run.now() }
}
