export type TradeAction = 'buy' | 'sell' | 'hold'

/** What a strategy sees when a bar has closed; nothing later. */
export interface StrategyBar {
  /** Of the bar within its series, from 0. */
  index: number
  /** Milliseconds. */
  openTime: number
  candle: { open: number; high: number; low: number; close: number; volume: number }
  /** In the order of the feature set, NaN: not known; null: the bar has no row of features. The array is the engine's: copy what is to be kept. */
  features: Float32Array | null
  /** Units held. */
  position: number
  cash: number
  /** Cash, and what is held at this bar's close. */
  portfolioValue: number
}

export interface TradeSignal {
  action: TradeAction
  /** Share of what could be traded, (0, 1]. Default 1. */
  size?: number
}

/**
 * Decides bar by bar. It may keep what it has seen; an instance is for one run over bars in time order. Bars that are missing are not shown to it.
 * What it decides is done at the open of the next bar.
 */
export interface Strategy {
  readonly name: string
  onBar(bar: StrategyBar): TradeSignal
}

/** Candles of one symbol on the interval's grid, in columns of the same length. A bar that is missing has NaN in every price. */
export interface MarketBars {
  symbol: string
  /** Milliseconds, ascending. */
  openTimes: Float64Array
  open: Float64Array
  high: Float64Array
  low: Float64Array
  close: Float64Array
  volume: Float64Array
  featureNames: readonly string[]
  /** `features[bar * featureNames.length + f]`; NaN: not known. */
  features: Float32Array
}
