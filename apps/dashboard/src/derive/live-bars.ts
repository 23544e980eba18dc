import type { Trade } from '@streamforge/contracts'
import { IdRanges } from './id-ranges.ts'
import { barOf, mergeInto, type Bar } from './trade-bars.ts'

/** Minutes kept: more than the longest interval offered, with what a page that comes back may have missed. */
const keptBars = 1_500

/** Bars of the trades that stream, from one id on: what came before it is in the store. Each trade counts once, however often it comes. */
export class LiveBars {
  private readonly seen = new IdRanges()
  private readonly bars = new Map<number, Bar>()
  readonly firstId: number

  constructor(firstId: number) {
    this.firstId = firstId
  }

  /** The earliest minute that has changed; undefined when none has. */
  add(trades: Iterable<Trade>): number | undefined {
    let earliest: number | undefined
    for (const trade of trades) {
      if (trade.trade_id < this.firstId || !this.seen.add(trade.trade_id)) continue
      const bar = barOf(trade)
      mergeInto(this.bars, [bar])
      if (earliest === undefined || bar.open_time < earliest) earliest = bar.open_time
    }
    if (this.bars.size > 2 * keptBars) for (const old of this.sorted().slice(0, -keptBars)) this.bars.delete(old.open_time)
    return earliest
  }

  /** Ids that are missing among those that have come. */
  holes(): { from: number; to: number }[] {
    return this.seen.holes()
  }

  sorted(): Bar[] {
    return [...this.bars.values()].sort((a, b) => a.open_time - b.open_time)
  }
}

/** First id from which on the trades have no hole up to the newest. */
export function newestRunStart(trades: Iterable<Trade>): number | undefined {
  const seen = new IdRanges()
  for (const trade of trades) seen.add(trade.trade_id)
  return seen.newestRunStart
}
