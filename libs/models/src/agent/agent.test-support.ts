import type { AccountRules } from '../backtest/account.ts'
import { emptyMarketBars } from '../backtest/market-bars.ts'
import type { MarketBars } from '../backtest/strategy.ts'
import { seededRandom } from '../seeded-random.ts'

const start = Date.UTC(2025, 0, 1)
const step = 300_000
export const rules: AccountRules = { initialCapital: 100_000, feeBps: 10, slippageBps: 5, lotSize: 0.00001, positionShare: 0.95 }

/**
 * A random walk, up or down by at most 1.5 % a bar, with three features: the last return, noise, and either noise or, as a leak, the next bar's return.
 */
export function walkingMarket(count: number, { seed = 1, leak = false, missing = () => false }: { seed?: number; leak?: boolean; missing?: (index: number) => boolean } = {}): MarketBars {
  const random = seededRandom(seed)
  const bars = emptyMarketBars('BTCUSDT', Array.from({ length: count }, (_, i) => start + i * step), ['last_return', 'noise', 'next_return'])
  const returns = Array.from({ length: count }, () => 0.03 * (random() - 0.5))
  let close = 100
  returns.forEach((change, i) => {
    const open = close
    close = open * Math.exp(change)
    if (missing(i)) return
    Object.assign(bars.open, { [i]: open })
    bars.close[i] = close
    bars.high[i] = Math.max(open, close)
    bars.low[i] = Math.min(open, close)
    bars.volume[i] = 1 + random()
    bars.features.set([change, random() - 0.5, leak ? returns[i + 1] ?? NaN : 0.03 * (random() - 0.5)], 3 * i)
  })
  return bars
}
