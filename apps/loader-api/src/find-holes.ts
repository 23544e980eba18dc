import { intervalLengths, nextOpenTime, type BarGrid, type Candle, type Trade } from '@streamforge/contracts'

/** Places without a record: open times, or trade ids, from `from` to before `to`. */
export interface Hole {
  from: number
  to: number
  missing: number
}

/** Holes between candles in order, from open time `from` to before `to`. Where the market is closed nothing is missing. */
export function findCandleHoles(candles: readonly Candle[], grid: BarGrid, from: number, to: number): Hole[] {
  const length = intervalLengths[grid.interval]
  const holes: Hole[] = []
  const add = (hole: Omit<Hole, 'missing'>) => {
    const missing = grid.count(hole)
    if (missing > 0) holes.push({ ...hole, missing })
  }
  let expected = from
  for (const { open_time: open } of candles) {
    if (open > expected) add({ from: expected, to: open })
    expected = length === undefined ? nextOpenTime(open, grid.interval) : open + length
  }
  if (expected < to) add({ from: expected, to })
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
