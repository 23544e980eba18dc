import { StreamForgeError, type Candle, type Trade } from '@streamforge/contracts'

/**
 * Puts a page's records in order and drops what is in it twice. Venues do repeat rows; two different rows for one position
 * mean that the page cannot be trusted.
 * @throws StreamForgeError VENUE_BAD_RESPONSE
 */
function orderPage<T>(records: T[], position: (record: T) => number, same: (a: T, b: T) => boolean): { records: T[]; duplicates: number } {
  let sorted = true
  for (let i = 1; i < records.length; i++) {
    if (position(records[i]!) > position(records[i - 1]!)) continue
    sorted = false
    break
  }
  if (sorted) return { records, duplicates: 0 }
  records.sort((a, b) => position(a) - position(b))
  const kept: T[] = []
  for (const record of records) {
    const last = kept.at(-1)
    if (last === undefined || position(last) !== position(record)) kept.push(record)
    else if (!same(last, record)) throw badResponse(`two different rows for ${position(record)} in one page`)
  }
  return { records: kept, duplicates: records.length - kept.length }
}

export function orderCandles(candles: Candle[]): { records: Candle[]; duplicates: number } {
  return orderPage(candles, (c) => c.open_time, (a, b) =>
    a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close && a.volume === b.volume)
}

export function orderTrades(trades: Trade[]): { records: Trade[]; duplicates: number } {
  return orderPage(trades, (t) => t.trade_id, (a, b) =>
    a.price === b.price && a.quantity === b.quantity && a.event_time === b.event_time && a.buyer_maker === b.buyer_maker)
}

export const badResponse = (message: string, cause?: unknown) => new StreamForgeError('VENUE_BAD_RESPONSE', message, { cause })

/** A venue's decimal as a number. @throws StreamForgeError VENUE_BAD_RESPONSE unless finite and not negative */
export function decimal(value: unknown, field: string): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  if (typeof number === 'number' && number >= 0 && number < Infinity) return number
  throw badResponse(`${field} is ${JSON.stringify(value)}, expected a number that is not negative`)
}

/** @throws StreamForgeError VENUE_BAD_RESPONSE unless a non-negative safe integer, as a number or in digits */
export function integer(value: unknown, field: string): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  if (typeof number === 'number' && number >= 0 && Number.isSafeInteger(number)) return number
  throw badResponse(`${field} is ${JSON.stringify(value)}, expected a whole number`)
}

/** The records whose position lies within [from, to). Others are not this page's business: the request for their range brings them. */
export function within<T>(records: T[], position: (record: T) => number, from: number, to: number): T[] {
  const isInside = (record: T) => position(record) >= from && position(record) < to
  return records.every(isInside) ? records : records.filter(isInside)
}

/** @throws StreamForgeError VENUE_BAD_RESPONSE */
export function listOf(json: unknown): unknown[] {
  if (!Array.isArray(json)) throw badResponse(`expected a list, got ${JSON.stringify(json)?.slice(0, 100)}`)
  return json
}
