import type { BookDiff, PriceLevel } from './book-records.ts'
import type { FeatureRow } from './features.ts'
import type { Forecast, ForecastScore } from './forecast.ts'
import type { Signal } from './signal.ts'
import type { Candle, DerivedRecord, MarketRecord, Trade } from './records.ts'

/**
 * A number as plain decimal text of at most 15 significant digits, without exponent and trailing zeros ("46216.93", "236156",
 * "0.0000000123"). Every decimal of up to 15 digits survives the way through a 64-bit float, so that anyone can recompute a
 * checksum from a source file whatever its spelling; in Python: `format(Decimal(format(x, '.15g')).normalize(), 'f')`.
 */
export function canonicalDecimal(value: number): string {
  const shortest = String(value)
  if (shortest.length <= 15 && !shortest.includes('e')) return shortest
  const [mantissa, exponent] = value.toExponential(14).split('e') as [string, string]
  const digits = mantissa.replace('.', '').replace(/0+$/, '') || '0'
  const point = Number(exponent) + 1
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return digits.padEnd(point, '0')
  return `${digits.slice(0, point)}.${digits.slice(point)}`
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

/** `first_update_id,final_update_id,bids,asks`; levels as `price:quantity` in the venue's own text, separated by spaces */
export function canonicalBookDiff(d: Pick<BookDiff, 'first_update_id' | 'final_update_id' | 'bids' | 'asks'>): string {
  const levels = (side: readonly PriceLevel[]) => side.map(([price, quantity]) => `${price}:${quantity}`).join(' ')
  return `${d.first_update_id},${d.final_update_id},${levels(d.bids)},${levels(d.asks)}`
}

/** `symbol,open_time,close`, then the values in the order of the feature set; nothing where one is not available */
export function canonicalFeature(row: Pick<FeatureRow, 'symbol' | 'open_time' | 'close' | 'values'>): string {
  const values = row.values.map((value) => (value === null ? '' : canonicalSigned(value)))
  return `${row.symbol},${row.open_time},${canonicalDecimal(row.close)},${values.join(',')}`
}

/** `symbol,open_time,horizon_bars,value,low,high`: not the model's version, which another run of the same numbers has of its own */
export function canonicalForecast(f: Pick<Forecast, 'symbol' | 'open_time' | 'horizon_bars' | 'value' | 'low' | 'high'>): string {
  return `${f.symbol},${f.open_time},${f.horizon_bars},${[f.value, f.low, f.high].map(canonicalSigned).join(',')}`
}

/** `symbol,open_time,horizon_bars,value,actual` */
export function canonicalForecastScore(s: Pick<ForecastScore, 'symbol' | 'open_time' | 'horizon_bars' | 'value' | 'actual'>): string {
  return `${s.symbol},${s.open_time},${s.horizon_bars},${canonicalSigned(s.value)},${canonicalSigned(s.actual)}`
}

/** `symbol,open_time,action,size,cash,position` */
export function canonicalSignal({ symbol, open_time, action, size, account }: Pick<Signal, 'symbol' | 'open_time' | 'action' | 'size' | 'account'>): string {
  return `${symbol},${open_time},${action},${[size, account.cash, account.position].map(canonicalSigned).join(',')}`
}

/** The line of what a stage has made. */
export function canonicalDerived(record: DerivedRecord): string {
  switch (record.kind) {
    case 'feature': return canonicalFeature(record)
    case 'forecast': return canonicalForecast(record)
    case 'forecast_score': return canonicalForecastScore(record)
    case 'signal': return canonicalSignal(record)
    default: return record satisfies never
  }
}

const canonicalSigned = (value: number) => (value < 0 ? `-${canonicalDecimal(-value)}` : canonicalDecimal(value))

/**
 * The line that stands for a record in a dataset's checksum: SHA-256 over all lines in key order, each ended by "\n".
 */
export function canonicalLine(record: MarketRecord): string {
  return record.kind === 'candle' ? canonicalCandle(record) : canonicalTrade(record)
}
