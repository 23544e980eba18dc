import { seededRandom } from '../seeded-random.ts'
import type { AccountRules } from './account.ts'
import { emptyMarketBars } from './market-bars.ts'
import type { MarketBars, Strategy, TradeSignal } from './strategy.ts'
import type { StrategyPlan } from './run-backtest.ts'

export const start = Date.UTC(2025, 0, 1)
export const step = 300_000
export const free: AccountRules = { initialCapital: 1000, feeBps: 0, slippageBps: 0, lotSize: 1, positionShare: 1 }
export const usual: AccountRules = { initialCapital: 100_000, feeBps: 10, slippageBps: 5, lotSize: 0.00001, positionShare: 0.95 }

/** Bars with these opens and closes; null: missing. */
export function barsOf(prices: readonly ([open: number, close: number] | null)[], volume: (index: number) => number = () => 1): MarketBars {
  const bars = emptyMarketBars('BTCUSDT', prices.map((_, i) => start + i * step), [])
  prices.forEach((price, i) => {
    if (price) place(bars, i, price, volume(i))
  })
  return bars
}

function place(bars: MarketBars, i: number, [open, close]: [number, number], volume: number): void {
  Object.assign(bars.open, { [i]: open })
  bars.close[i] = close
  bars.high[i] = Math.max(open, close)
  bars.low[i] = Math.min(open, close)
  bars.volume[i] = volume
}

/** A random walk; each bar opens near where the one before closed. */
export function walk(count: number, seed = 7, missing: (index: number) => boolean = () => false): MarketBars {
  const random = seededRandom(seed)
  let close = 100
  return barsOf(Array.from({ length: count }, (_, i): [number, number] | null => {
    const open = close * (1 + (random() - 0.5) * 0.002)
    close = open * (1 + (random() - 0.5) * 0.03)
    return missing(i) ? null : [open, close]
  }))
}

/** Says at each bar what the list says. */
export const scripted = (signals: Record<number, TradeSignal>): StrategyPlan => ({
  name: 'scripted', warmupBars: 0, create: () => ({ name: 'scripted', onBar: ({ index }) => signals[index] ?? { action: 'hold' } }),
})

export const planOf = (name: string, warmupBars: number, onBar: (bars: MarketBars) => Strategy['onBar']): StrategyPlan =>
  ({ name, warmupBars, create: (bars) => ({ name, onBar: onBar(bars) }) })
