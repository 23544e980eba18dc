import { type Account, type AccountRules, openAccount, placeOrder, portfolioValue, settleOrder } from './account.ts'
import type { Strategy, StrategyBar, TradeSignal } from './strategy.ts'

/** A strategy with its account, going from bar to bar: in a backtest and live, by the same function. */
export interface Trader {
  rules: AccountRules
  account: Account
  /** Of the last bar that was there; what units are worth while bars are missing. NaN: none yet. */
  lastClose: number
}

export type ClosedBar = Pick<StrategyBar, 'index' | 'openTime' | 'candle' | 'features'>

export const startTrader = (rules: AccountRules): Trader => ({ rules, account: openAccount(rules), lastClose: NaN })

/**
 * A bar has closed: what was ordered before is filled at its open, and the strategy orders for the next. The account tells what was filled. Bars that are
 * missing are passed over: nobody is asked while the market is closed, and an order waits until it opens.
 */
export function tradeBar(trader: Trader, strategy: Strategy, bar: ClosedBar): TradeSignal {
  const { account, rules } = trader
  settleOrder(account, rules, bar.candle.open, bar.candle.volume)
  trader.lastClose = bar.candle.close
  const signal = strategy.onBar({ ...bar, position: account.position, cash: account.cash, portfolioValue: portfolioValue(account, bar.candle.close) })
  placeOrder(account, signal.action, signal.size)
  return signal
}

/** What cash and units are worth now. */
export const traderValue = ({ account, lastClose }: Trader): number => portfolioValue(account, lastClose)
