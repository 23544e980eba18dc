import type { StrategyPlan } from '../run-backtest.ts'

/** What a model expects after the bar that opens at a time: a simple return; undefined: it made no forecast. */
export type ForecastAt = (openTime: number) => number | undefined

/**
 * Holds while a forecast is above what a purchase costs, and sells when it is below nothing: a forecast smaller than the costs is no reason to trade.
 * @param costShare of a purchase, fee and slippage, such as 0.0015
 */
export function forecastSignals(forecastAt: ForecastAt, costShare: number): StrategyPlan {
  return {
    name: 'gnn',
    warmupBars: 0,
    create: () => ({
      name: 'gnn',
      onBar({ openTime, position }) {
        const forecast = forecastAt(openTime)
        if (forecast === undefined) return { action: 'hold' }
        if (forecast > costShare && position === 0) return { action: 'buy' }
        return { action: forecast < 0 && position > 0 ? 'sell' : 'hold' }
      },
    }),
  }
}
