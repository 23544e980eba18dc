import { StreamForgeError, toEpochMs, type BookDiff, type BookSnapshot, type BookTicker, type PriceLevel } from '@streamforge/contracts'
import type { BookInstrument } from './sync-state.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * A `depthUpdate` of Binance spot, USD-M or COIN-M as a record. `knownTime` is its receipt.
 * @throws StreamForgeError VENUE_BAD_RESPONSE when it is not one, BAD_TIME_RANGE when its time is none
 */
export function binanceBookDiff(data: unknown, instrument: BookInstrument, knownTime: number): BookDiff {
  const fields = fieldsOf(data, 'depthUpdate')
  const first = updateId(fields, 'U')
  const final = updateId(fields, 'u')
  if (first > final) throw badFrame(`ends at update id ${final}, before its first, ${first}`)
  return {
    kind: 'book_diff', ...identity(instrument), first_update_id: first, final_update_id: final,
    ...(instrument.market !== 'spot' && { previous_final_update_id: updateId(fields, 'pu') }),
    bids: levels(fields, 'b'), asks: levels(fields, 'a'), event_time: eventTime(fields, knownTime), known_time: knownTime,
  }
}

/**
 * The answer to a REST depth request for `limit` levels a side.
 * @throws StreamForgeError VENUE_BAD_RESPONSE when it is not one, BAD_TIME_RANGE when its time is none
 */
export function binanceBookSnapshot(body: unknown, instrument: BookInstrument, limit: number, knownTime: number): BookSnapshot {
  const fields = fieldsOf(body, 'depth snapshot')
  return {
    kind: 'book_snapshot', ...identity(instrument), last_update_id: updateId(fields, 'lastUpdateId'), depth: limit,
    bids: levels(fields, 'bids'), asks: levels(fields, 'asks'),
    event_time: eventTime(fields, knownTime), known_time: knownTime, source: 'rest',
  }
}

/**
 * A `bookTicker`: the best bid and offer. Spot tells no time; the receipt stands for it.
 * @throws StreamForgeError VENUE_BAD_RESPONSE when it is not one, BAD_TIME_RANGE when its time is none
 */
export function binanceBookTicker(data: unknown, instrument: BookInstrument, knownTime: number): BookTicker {
  const fields = fieldsOf(data, 'bookTicker')
  return {
    kind: 'book_ticker', ...identity(instrument), update_id: updateId(fields, 'u'),
    bid_price: text(fields, 'b'), bid_quantity: text(fields, 'B'), ask_price: text(fields, 'a'), ask_quantity: text(fields, 'A'),
    event_time: eventTime(fields, knownTime), known_time: knownTime,
  }
}

const identity = ({ venue, symbol, market }: BookInstrument) => ({ venue, symbol, market })

function fieldsOf(data: unknown, what: string): Fields {
  if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data as Fields
  throw badFrame(`is no ${what} object`)
}

function updateId(fields: Fields, name: string): number {
  const value = fields[name]
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  throw badFrame(`has ${JSON.stringify(value)} as '${name}', expected an update id`)
}

function text(fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value === 'string') return value
  throw badFrame(`has ${JSON.stringify(value)} as '${name}', expected decimal text`)
}

/** Futures write E in their frames and snapshots, spot in its diffs only. */
function eventTime(fields: Fields, knownTime: number): number {
  const value = fields['E']
  if (value === undefined) return knownTime
  if (typeof value === 'number') return toEpochMs(value)
  throw badFrame(`has ${JSON.stringify(value)} as 'E', expected a time`)
}

/** Checks the form only; the digits are read once, by the book. */
function levels(fields: Fields, name: string): PriceLevel[] {
  const list = fields[name]
  if (!Array.isArray(list)) throw badFrame(`has no list '${name}' of levels`)
  for (const level of list) {
    if (!Array.isArray(level) || typeof level[0] !== 'string' || typeof level[1] !== 'string') {
      throw badFrame(`has ${JSON.stringify(level)} among its levels '${name}', expected [price, quantity] as text`)
    }
  }
  return list as PriceLevel[]
}

const badFrame = (what: string) => new StreamForgeError('VENUE_BAD_RESPONSE', `a Binance order book message ${what}`, {
  remedy: 'The message was not used; if it comes again, the venue changed its format',
})
