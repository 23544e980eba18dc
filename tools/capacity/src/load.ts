import type { Interval } from '@streamforge/contracts'

/** What the platform is to carry. */
export interface Load {
  symbols: number
  live: { trades: boolean; books: boolean; candles: readonly Interval[] }
  /** History to be loaded of each symbol; absent: none. */
  history?: { days: number; trades: boolean; candles: readonly Interval[] }
  /** Days that stored records are kept. */
  keepDays: number
  /** Hours that data topics keep what all consumers have had. */
  topicHours: number
}

export const binanceSpotSymbols = 2_000
