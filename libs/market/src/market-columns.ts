/** Candles by column, oldest first. `openTime` in milliseconds; the optional columns are absent where the source has none. */
export interface CandleColumns {
  readonly length: number
  readonly openTime: Float64Array
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  readonly volume: Float64Array
  readonly details: CandleDetails | undefined
}

/** What only some sources tell about a candle. */
export interface CandleDetails {
  readonly quoteVolume: Float64Array
  readonly tradeCount: Float64Array
  readonly takerBuyVolume: Float64Array
  readonly takerBuyQuoteVolume: Float64Array
}

export interface TradeColumns {
  readonly length: number
  readonly id: Float64Array
  /** Milliseconds. */
  readonly time: Float64Array
  readonly price: Float64Array
  readonly quantity: Float64Array
  /** 1 where the buyer was the maker. */
  readonly buyerMaker: Float64Array
}

/** Rows `start` (included) to `end` (excluded) of columns that may hold more. */
export interface Slice<Columns> {
  readonly columns: Columns
  readonly start: number
  readonly end: number
}
export type CandleSlice = Slice<CandleColumns>
export type TradeSlice = Slice<TradeColumns>

const basic = ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const
const detailed = ['quoteVolume', 'tradeCount', 'takerBuyVolume', 'takerBuyQuoteVolume'] as const
const tradeFields = ['id', 'time', 'price', 'quantity', 'buyerMaker'] as const

/** One buffer for all columns: a series costs 48 bytes a row, 80 with details. */
function columnsOf<K extends string>(names: readonly K[], length: number, buffer: ArrayBuffer, skip = 0): Record<K, Float64Array> {
  const at = (k: number) => new Float64Array(buffer, (skip + k) * length * 8, length)
  return Object.fromEntries(names.map((name, k) => [name, at(k)])) as Record<K, Float64Array>
}

export function allocateCandles(length: number, withDetails: boolean): CandleColumns {
  const buffer = new ArrayBuffer(length * 8 * (basic.length + (withDetails ? detailed.length : 0)))
  const details = withDetails ? columnsOf(detailed, length, buffer, basic.length) : undefined
  return { length, ...columnsOf(basic, length, buffer), details }
}

export function allocateTrades(length: number): TradeColumns {
  return { length, ...columnsOf(tradeFields, length, new ArrayBuffer(length * 8 * tradeFields.length)) }
}

export const noCandles: CandleSlice = { columns: allocateCandles(0, false), start: 0, end: 0 }
export const noTrades: TradeSlice = { columns: allocateTrades(0), start: 0, end: 0 }

export const candleBytes = (columns: CandleColumns) => 1_500 + columns.length * (columns.details ? 80 : 48)

export function copyCandle(from: CandleColumns, i: number, to: CandleColumns, k: number): void {
  for (const name of basic) to[name][k] = from[name][i]!
  if (!to.details) return
  for (const name of detailed) to.details[name][k] = from.details?.[name][i] ?? 0
}

/** One slice with the rows of all, in their order. Details survive only where every non-empty part has them. */
export function joinCandles(parts: readonly CandleSlice[]): CandleSlice {
  const filled = parts.filter((part) => part.end > part.start)
  if (filled.length <= 1) return filled[0] ?? noCandles
  const length = filled.reduce((sum, part) => sum + part.end - part.start, 0)
  const joined = allocateCandles(length, filled.every((part) => part.columns.details))
  let at = 0
  for (const { columns, start, end } of filled) {
    for (const name of basic) joined[name].set(columns[name].subarray(start, end), at)
    if (joined.details) for (const name of detailed) joined.details[name].set(columns.details![name].subarray(start, end), at)
    at += end - start
  }
  return { columns: joined, start: 0, end: length }
}

export function joinTrades(parts: readonly TradeSlice[]): TradeSlice {
  const filled = parts.filter((part) => part.end > part.start)
  if (filled.length <= 1) return filled[0] ?? noTrades
  const length = filled.reduce((sum, part) => sum + part.end - part.start, 0)
  const joined = allocateTrades(length)
  let at = 0
  for (const { columns, start, end } of filled) {
    for (const name of tradeFields) joined[name].set(columns[name].subarray(start, end), at)
    at += end - start
  }
  return { columns: joined, start: 0, end: length }
}

/** The first index whose value is at least `value`; `sorted` ascends. */
export function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

/** The rows of `[first, last)` cut to `limit`, from the front or with `latest` from the back. */
export function limitSlice<C>(columns: C, first: number, last: number, limit: number, latest = false): Slice<C> {
  if (last <= first) return { columns, start: first, end: first }
  return latest
    ? { columns, start: Math.max(first, last - limit), end: last }
    : { columns, start: first, end: Math.min(last, first + limit) }
}
