import type { Trade } from '@streamforge/contracts'

/** The newest `kept` trades of both, newest first, each id once. */
export function mergeTrades(known: readonly Trade[], news: readonly Trade[], kept: number): Trade[] {
  const byId = new Map([...known, ...news].map((trade) => [trade.trade_id, trade]))
  return [...byId.values()].sort((a, b) => b.trade_id - a.trade_id).slice(0, kept)
}

export interface TapeRow {
  trade: Trade
  /** Trades missing on the tape between this one and the one below it. */
  missingBelow: number
}

/** Trades with the jumps of their ids, so that a tape never looks whole where it is not. */
export function tapeRows(newestFirst: readonly Trade[]): TapeRow[] {
  return newestFirst.map((trade, i) => {
    const below = newestFirst[i + 1]
    return { trade, missingBelow: below ? trade.trade_id - below.trade_id - 1 : 0 }
  })
}
