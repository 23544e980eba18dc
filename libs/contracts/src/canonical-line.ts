import type { Candle, MarketRecord, Trade } from './records.ts'

/**
 * A number as fixed-point text with at most 10 decimals and no trailing zeros ("46216.93", "236156", "0.0000000123").
 * Ten decimals hold every price that a venue quotes; `toFixed` rounds exactly, as Python's `format(x, '.10f')` does, so
 * that anyone can recompute a checksum from a source file whatever its number format.
 */
export function canonicalDecimal(value: number): string {
  const text = Number.isInteger(value) && Math.abs(value) < 1e21 ? value.toString() : value.toFixed(10)
  if (!text.includes('.')) return text
  let end = text.length
  while (text.charCodeAt(end - 1) === 48) end--
  return text.slice(0, text.charCodeAt(end - 1) === 46 ? end - 1 : end)
}

/** `open_time,open,high,low,close,volume` */
export function canonicalCandle(c: Pick<Candle, 'open_time' | 'open' | 'high' | 'low' | 'close' | 'volume'>): string {
  const d = canonicalDecimal
  return `${c.open_time},${d(c.open)},${d(c.high)},${d(c.low)},${d(c.close)},${d(c.volume)}`
}

/** `trade_id,event_time,price,quantity,buyer_maker`, the last as 1 or 0 */
export function canonicalTrade(t: Pick<Trade, 'trade_id' | 'event_time' | 'price' | 'quantity' | 'buyer_maker'>): string {
  return `${t.trade_id},${t.event_time},${canonicalDecimal(t.price)},${canonicalDecimal(t.quantity)},${t.buyer_maker ? 1 : 0}`
}

/**
 * The line that stands for a record in a dataset's checksum: SHA-256 over all lines in key order, each ended by "\n".
 */
export function canonicalLine(record: MarketRecord): string {
  return record.kind === 'candle' ? canonicalCandle(record) : canonicalTrade(record)
}
