import { z } from 'zod'
import { tradingCalendarNames } from './calendar/trading-calendar.ts'
import { CollectionName, QueueId, Symbol, Venue, WorkflowId } from './names.ts'
import { QueueType } from './pipeline.ts'
import { Epoch } from './records.ts'

const Hole = z.strictObject({
  from: Epoch, to: Epoch, missing: z.int().positive(),
  cause: z.enum(['exchange', 'not_listed', 'unconfirmed', 'lost']).describe("'lost': neither stored nor explained by the venue"),
})
export type Hole = z.infer<typeof Hole>

/**
 * What is known of one dataset's completeness. `complete` holds when nothing is lost, dead-lettered or foreign:
 * expected = stored + missing_at_source, lost = 0.
 */
export const CoverageCertificate = z.strictObject({
  queue_id: QueueId,
  workflow_id: WorkflowId,
  venue: Venue,
  symbol: Symbol,
  type: QueueType,
  collection_name: CollectionName,
  time_range: z.string(),
  from: Epoch,
  to: Epoch,
  unit: z.enum(['candles', 'trades', 'updates', 'rows']).describe("'updates': update ids of an order book; 'rows': what a stage made"),
  rows_expected: z.int().nonnegative(),
  rows_stored: z.int().nonnegative(),
  missing_at_source: z.int().nonnegative().describe('In holes that the venue itself has'),
  lost: z.int().nonnegative().describe('Neither stored nor missing at the source'),
  foreign: z.int().nonnegative().describe('Stored within the range but not on the grid or not of this series'),
  duplicates_refused: z.int().nonnegative(),
  dead_lettered: z.int().nonnegative(),
  holes: z.array(Hole).max(1000).describe('The first 1000 holes'),
  hole_count: z.int().nonnegative(),
  first_trade_id: z.int().nonnegative().optional(),
  last_trade_id: z.int().nonnegative().optional(),
  calendar: z.enum(tradingCalendarNames).optional().describe(
    "When bars are expected; absent: around the clock. 'weekdays': the exchange's holidays are not known, they count as missing at the source"),
  checksum: z.string().regex(/^sha256:[0-9a-f]{64}$/).describe('Over the canonical lines in key order, each ended by a newline'),
  open: z.boolean().optional().describe(
    'True for live data: from the first stored record to the newest at certified_at; `from` and `to` are theirs, and more may follow'),
  complete: z.boolean(),
  certified_at: Epoch,
})
export type CoverageCertificate = z.infer<typeof CoverageCertificate>
export const StoredCoverageCertificate = CoverageCertificate.extend({ _key: z.string() })
