import { countCandles, intervalLengths, nextOpenTime, type Candle, type Interval, type Trade } from '@streamforge/contracts'

/** Places without a record: open times, or trade ids, from `from` to before `to`. */
export interface Hole {
  from: number
  to: number
  missing: number
}

/** Holes between candles in order, from open time `from` to before `to`. */
export function findCandleHoles(candles: readonly Candle[], interval: Interval, from: number, to: number): Hole[] {
  const length = intervalLengths[interval]
  const holes: Hole[] = []
  let expected = from
  for (const { open_time: open } of candles) {
    if (open > expected) holes.push({ from: expected, to: open, missing: countCandles({ from: expected, to: open }, interval) })
    expected = length === undefined ? nextOpenTime(open, interval) : open + length
  }
  if (expected < to) holes.push({ from: expected, to, missing: countCandles({ from: expected, to }, interval) })
  return holes
}

/** Holes between trades in order, from id `from` to before `to`. */
export function findTradeHoles(trades: readonly Trade[], from: number, to: number): Hole[] {
  const holes: Hole[] = []
  let expected = from
  for (const { trade_id: id } of trades) {
    if (id > expected) holes.push({ from: expected, to: id, missing: id - expected })
    expected = id + 1
  }
  if (expected < to) holes.push({ from: expected, to, missing: to - expected })
  return holes
}

/** Both lists are in order; records of `found` at a place that `records` has too are left out. */
export function mergeInOrder<T>(records: readonly T[], found: readonly T[], place: (record: T) => number): T[] {
  const merged: T[] = []
  let i = 0
  for (const record of records) {
    while (i < found.length && place(found[i]!) < place(record)) merged.push(found[i++]!)
    while (i < found.length && place(found[i]!) === place(record)) i++
    merged.push(record)
  }
  return merged.concat(found.slice(i))
}
