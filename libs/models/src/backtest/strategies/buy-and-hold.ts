import type { StrategyPlan } from '../run-backtest.ts'

/** Buys as soon as it can, once, and keeps it: what every other strategy is measured against. */
export const buyAndHold: StrategyPlan = {
  name: 'buy_and_hold',
  warmupBars: 0,
  create: () => ({ name: 'buy_and_hold', onBar: ({ position }) => ({ action: position === 0 ? 'buy' : 'hold' }) }),
}
