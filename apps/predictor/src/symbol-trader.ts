import { type Candle, countCandles, type Signal, type SignalFill } from '@streamforge/contracts'
import { type AccountRules, type ClosedBar, startTrader, type Strategy, type Trader, tradeBar, traderValue } from '@streamforge/models'
import { policyStrategy } from '@streamforge/models/agent'
import type { AgentModel } from './agent-model.ts'
import type { BarRow } from './bar-windows.ts'

/** A row with its values, NaN where not known. */
export type DecidedRow = BarRow & { values: Float32Array }

/** An agent with its paper account, going from bar to bar by the same functions as a backtest. */
export interface SymbolTrader {
  /** Of a bar after those that it was shown: what it decides. `before`: rows of the bars before, the oldest first, for an agent that is new. */
  decide(model: AgentModel, bar: { row: DecidedRow; candle: Candle }, before: readonly DecidedRow[], made: { now: number; backfilled: boolean }): Signal
}

/** @param signal the last one of whoever traded before: the account goes on from it */
export function openSymbolTrader(rules: AccountRules, signal: Signal | undefined): SymbolTrader {
  const trader = signal ? resumeTrader(rules, signal) : startTrader(rules)
  let current: { version: number; strategy: Strategy } | undefined
  return {
    decide(model, { row, candle }, before, made) {
      const { version } = model.version
      if (current?.version !== version) current = { version, strategy: warmStrategy(model, before, trader) }
      const { action, size = 1 } = tradeBar(trader, current.strategy, closedBar(row, candle))
      return toSignal(row, model, trader, { action, size, ...made })
    },
  }
}

function resumeTrader(rules: AccountRules, { account: { cash, position, cost, fees_paid, traded }, action, size, close }: Signal): Trader {
  const trader = startTrader(rules)
  Object.assign(trader.account, { cash, position, cost, feesPaid: fees_paid, traded, pending: action, pendingSize: size })
  return { ...trader, lastClose: close }
}

/** An agent remembers its window of bars and nothing else: shown the bars before, it is as if it had been there all the time. */
function warmStrategy({ policy }: AgentModel, before: readonly DecidedRow[], { account }: Trader): Strategy {
  const strategy = policyStrategy(policy)
  for (const row of before.slice(-(policy.windowBars - 1) || before.length)) {
    const candle = { open: row.close, high: row.close, low: row.close, close: row.close, volume: 0 }
    strategy.onBar({ ...closedBar(row, candle), position: account.position, cash: account.cash, portfolioValue: account.cash + account.position * row.close })
  }
  return strategy
}

/** Bars are numbered by the grid, so that missing ones leave a gap. */
function closedBar(row: DecidedRow, { open, high, low, close, volume }: Pick<Candle, 'open' | 'high' | 'low' | 'close' | 'volume'>): ClosedBar {
  return {
    index: countCandles({ from: 0, to: row.open_time }, row.interval), openTime: row.open_time, candle: { open, high, low, close, volume },
    features: row.values.some((value) => !Number.isNaN(value)) ? row.values.slice() : null,
  }
}

type Decided = Pick<Signal, 'action' | 'size' | 'backfilled'> & { now: number }

function toSignal(row: DecidedRow, { version }: AgentModel, trader: Trader, { action, size, now, backfilled }: Decided): Signal {
  const { cash, position, cost, feesPaid, traded, refused } = trader.account
  const fill = fillOf(trader)
  return {
    kind: 'signal', venue: row.venue, symbol: row.symbol, interval: row.interval, open_time: row.open_time,
    model: version.model, model_version: version.version, run_id: version.run_id, action, size, close: trader.lastClose,
    ...(fill && { fill }), ...(refused !== '' && { refused }), account: { cash, position, cost, fees_paid: feesPaid, traded }, portfolio_value: traderValue(trader),
    event_time: row.event_time, known_time: now, backfilled,
  }
}

function fillOf({ account: { filled, filledPrice, filledQuantity, filledFee, filledProfit } }: Trader): SignalFill | undefined {
  return filled === 'hold' ? undefined : { side: filled, price: filledPrice, quantity: filledQuantity, fee: filledFee, profit: filledProfit }
}
