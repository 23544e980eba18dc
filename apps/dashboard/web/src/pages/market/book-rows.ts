export interface Level { price: string; quantity: string }
export interface BookRow extends Level {
  /** Quantity of this level and all better ones. */
  total: number
  /** The total as a part of the largest on either side, for a bar's width. */
  share: number
}

/** The best `count` levels of both sides with running totals, best first. */
export function bookRows(bids: readonly Level[], asks: readonly Level[], count: number): { bids: BookRow[]; asks: BookRow[] } {
  const sums = [bids, asks].map((side) => runningTotals(side.slice(0, count)))
  const largest = Math.max(...sums.map((side) => side.at(-1)?.total ?? 0), Number.MIN_VALUE)
  const [bidRows, askRows] = sums.map((side) => side.map((row) => ({ ...row, share: row.total / largest })))
  return { bids: bidRows!, asks: askRows! }
}

function runningTotals(levels: readonly Level[]): Omit<BookRow, 'share'>[] {
  let total = 0
  return levels.map((level) => ({ ...level, total: (total += Number(level.quantity)) }))
}

/** Best ask less best bid, absolute and as a part of the middle; undefined while a side is empty. */
export function spreadOf(bids: readonly Level[], asks: readonly Level[]): { absolute: number; relative: number; middle: number } | undefined {
  if (!bids.length || !asks.length) return undefined
  const bid = Number(bids[0]!.price)
  const ask = Number(asks[0]!.price)
  const middle = (bid + ask) / 2
  return { absolute: ask - bid, relative: (ask - bid) / middle, middle }
}
