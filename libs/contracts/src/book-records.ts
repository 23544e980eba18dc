import { z } from 'zod'
import { Epoch } from './epoch.ts'
import { Venue } from './names.ts'

/** Which of a venue's markets a book belongs to; it decides how update ids follow each other. */
export const BookMarket = z.enum(['spot', 'usdm', 'coinm']).describe('spot, USD-margined futures or coin-margined futures')
export type BookMarket = z.infer<typeof BookMarket>

/** As `Symbol`, and delivery contracts too, whose names carry an underscore: BTCUSD_PERP, BTCUSDT_250926. */
export const BookSymbol = z.string().regex(/^[A-Z0-9]{2,24}(_[A-Z0-9]{1,12})?$/).describe('Instrument, such as BTCUSDT or BTCUSD_PERP')

/** A price or quantity as the venue wrote it. Text, because two prices are one level only when they are exactly equal. */
export const DecimalText = z.string().max(40).regex(/^\d+(\.\d+)?$/).describe("The venue's decimal text, such as 61837.63000000")
export const PriceLevel = z.tuple([DecimalText, DecimalText]).describe('Price and quantity; in a diff, quantity 0 deletes the level')
export type PriceLevel = z.infer<typeof PriceLevel>

const UpdateId = z.int().nonnegative()
const instrument = { venue: Venue, symbol: BookSymbol, market: BookMarket }

/** One change of a venue's order book: the new quantities of every level that changed in updates first to final. */
export const BookDiff = z.strictObject({
  kind: z.literal('book_diff'),
  ...instrument,
  first_update_id: UpdateId.describe("Binance's U"),
  final_update_id: UpdateId.describe("Binance's u"),
  previous_final_update_id: UpdateId.optional().describe("Binance's pu: the final id of the diff before; futures only"),
  bids: z.array(PriceLevel),
  asks: z.array(PriceLevel),
  event_time: Epoch,
  known_time: Epoch,
}).refine((d) => d.first_update_id <= d.final_update_id, { error: 'first_update_id must not exceed final_update_id' })
  .refine((d) => d.market === 'spot' || d.previous_final_update_id !== undefined, { error: 'futures need previous_final_update_id' })
export type BookDiff = z.infer<typeof BookDiff>

/**
 * A whole book down to some depth, best prices first. A side with fewer than `depth` levels is known entirely; a side with
 * `depth` levels is known down to its worst price. `complete_to` overrides that where knowledge ends elsewhere.
 */
export const BookSnapshot = z.strictObject({
  kind: z.literal('book_snapshot'),
  ...instrument,
  last_update_id: UpdateId,
  depth: z.int().positive().describe('Levels a side that were asked for'),
  bids: z.array(PriceLevel),
  asks: z.array(PriceLevel),
  complete_to: z.strictObject({ bids: DecimalText.optional(), asks: DecimalText.optional() }).optional()
    .describe('Prices beyond which levels are unknown'),
  event_time: Epoch.describe('Of the venue where it tells, else the receipt'),
  known_time: Epoch,
  source: z.enum(['rest', 'periodic']).describe('rest: from the venue; periodic: from the local book, at an interval'),
})
export type BookSnapshot = z.infer<typeof BookSnapshot>

export const BookGapReason = z.enum([
  'sequence', 'reconnect', 'id_reset', 'crossed', 'unreadable', 'diverged',
]).describe('sequence: an id is missing; reconnect: it went missing with a connection; id_reset: the venue began to count anew; '
  + 'crossed: best bid not below best ask; unreadable: a price or quantity that is no decimal; diverged: a new snapshot disagreed')
export type BookGapReason = z.infer<typeof BookGapReason>

/** From here to the next snapshot or late diffs the book was not known. */
export const BookGap = z.strictObject({
  kind: z.literal('book_gap'),
  ...instrument,
  expected_id: UpdateId.describe('spot: the first_update_id that had to come; futures: the previous_final_update_id'),
  got_id: UpdateId.describe('What came in its place'),
  from: Epoch.describe('Event time of the last diff before the gap'),
  to: Epoch.describe('Event time of the first diff after it'),
  reason: BookGapReason,
  known_time: Epoch,
})
export type BookGap = z.infer<typeof BookGap>

/** The best bid and offer as the venue itself tells them. */
export const BookTicker = z.strictObject({
  kind: z.literal('book_ticker'),
  ...instrument,
  update_id: UpdateId,
  bid_price: DecimalText,
  bid_quantity: DecimalText,
  ask_price: DecimalText,
  ask_quantity: DecimalText,
  event_time: Epoch.describe('Of the venue where it tells, else the receipt'),
  known_time: Epoch,
})
export type BookTicker = z.infer<typeof BookTicker>

/** What the data topic of a `ws_orderbook` queue carries. */
export type BookRecord = BookDiff | BookSnapshot | BookGap | BookTicker

const bookKey = (symbol: string, market: BookMarket, id: number) => `${symbol}_${market}_book_${String(id).padStart(16, '0')}`

/**
 * The deterministic key of a book record, such as `BTCUSDT_spot_book_0000050093239218_snapshot_rest`. Keys of one instrument
 * sort by update id, whatever their kinds, so that one range of keys rebuilds a book.
 */
export function bookRecordKey(record: BookRecord): string {
  const key = (id: number, suffix: string) => `${bookKey(record.symbol, record.market, id)}_${suffix}`
  switch (record.kind) {
    case 'book_diff': return key(record.final_update_id, 'diff')
    case 'book_gap': return key(record.expected_id, `gap_${record.reason}`)
    case 'book_snapshot': return key(record.last_update_id, `snapshot_${record.source}`)
    case 'book_ticker': return key(record.update_id, 'ticker')
    default: return record satisfies never
  }
}

/** Bounds of the keys of an instrument's book records with update ids from `first` to `last`, both included. */
export const bookKeyRange = (symbol: string, market: BookMarket, first = 0, last = Number.MAX_SAFE_INTEGER - 1) =>
  ({ from: bookKey(symbol, market, first), to: bookKey(symbol, market, last + 1) })
