import type { BookDiff, BookSnapshot, PriceLevel } from '@streamforge/contracts'
import type { BookInstrument } from './sync-state.ts'

export const spot: BookInstrument = { venue: 'binance', symbol: 'BTCUSDT', market: 'spot' }
export const usdm: BookInstrument = { venue: 'binance', symbol: 'ETHUSDT', market: 'usdm' }

const START = 1_723_161_255_000
type Levels = readonly (readonly [string, string])[]
const pairs = (levels: Levels = []) => levels.map(([p, q]): PriceLevel => [p, q])

/** A diff of updates `first` to `final`; its event time follows from its id unless told. */
export function diff(
  first: number, final: number, levels: { bids?: Levels; asks?: Levels; pu?: number; at?: number } = {},
): BookDiff {
  const future = levels.pu !== undefined
  const time = START + (levels.at ?? final)
  return {
    kind: 'book_diff', ...(future ? usdm : spot), first_update_id: first, final_update_id: final,
    ...(future && { previous_final_update_id: levels.pu }),
    bids: pairs(levels.bids), asks: pairs(levels.asks), event_time: time, known_time: time,
  }
}

export function snapshot(
  lastUpdateId: number,
  levels: { bids?: Levels; asks?: Levels; depth?: number; instrument?: BookInstrument; completeTo?: BookSnapshot['complete_to'] } = {},
): BookSnapshot {
  return {
    kind: 'book_snapshot', ...(levels.instrument ?? spot), last_update_id: lastUpdateId, depth: levels.depth ?? 100,
    bids: pairs(levels.bids), asks: pairs(levels.asks), ...(levels.completeTo && { complete_to: levels.completeTo }),
    event_time: START, known_time: START, source: 'rest',
  }
}
