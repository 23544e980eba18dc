import type { AccountRules, Refusal } from './account.ts'
import { closedBar, isPresent } from './market-bars.ts'
import type { MarketBars, Strategy, TradeAction, TradeSignal } from './strategy.ts'
import { startTrader, type Trader, tradeBar, traderValue } from './trade-bar.ts'

/** How a strategy comes to be: each run has an instance of its own. */
export interface StrategyPlan {
  name: string
  /** Bars that it sees before the first one on which it may order, as far as there are any. */
  warmupBars: number
  /** Of bars that are not in `bars` it knows nothing. */
  create(bars: MarketBars): Strategy
}

/** Bars in which one plan trades, `to` excluded: a fold of a walk-forward run. */
export interface BacktestSegment {
  from: number
  to: number
  plan: StrategyPlan
}

export interface BacktestInput {
  bars: MarketBars
  rules: AccountRules
  /** In time order, each beginning where the one before ends; the account goes on from one to the next. */
  segments: readonly BacktestSegment[]
}

export interface Fill {
  /** Of the bar in whose open it was filled. */
  index: number
  side: 'buy' | 'sell'
  price: number
  quantity: number
  fee: number
  profit: number
  /** At the close of that bar. */
  portfolioValue: number
}

/** Columns have one entry for each bar of the segments; bar i is bar `from + i` of the series. */
export interface BacktestRun {
  from: number
  to: number
  /** Decided at the close of a bar; of a missing bar 'hold'. */
  actions: TradeAction[]
  sizes: Float64Array
  /** At the close of a bar; of a missing one as they were. */
  positions: Float64Array
  cash: Float64Array
  values: Float64Array
  fills: Fill[]
  /** Orders that came to nothing, by reason. */
  refused: Partial<Record<Exclude<Refusal, ''>, number>>
  feesPaid: number
  traded: number
}

/** Goes through the bars one by one. Each strategy is shown the bars before its segment first, without an order coming of them. Pure. */
export function runBacktest({ bars, rules, segments }: BacktestInput): BacktestRun {
  const [from, to] = [segments[0]?.from ?? 0, segments.at(-1)?.to ?? 0]
  const run = emptyRun(from, to)
  const trader = startTrader(rules)
  for (const { plan, ...segment } of segments) {
    const strategy = plan.create(bars)
    warmUp(strategy, bars, Math.max(0, segment.from - plan.warmupBars), segment.from, trader)
    for (let index = segment.from; index < segment.to; index++) {
      const signal = isPresent(bars, index) ? tradeBar(trader, strategy, closedBar(bars, index)) : undefined
      record(run, trader, signal, index)
    }
  }
  run.feesPaid = trader.account.feesPaid
  run.traded = trader.account.traded
  return run
}

/** What the strategy sees before it may order: the bars, with the account as it stands. */
function warmUp(strategy: Strategy, bars: MarketBars, from: number, to: number, { account }: Trader): void {
  const { position, cash } = account
  for (let index = from; index < to; index++) {
    if (isPresent(bars, index)) strategy.onBar({ ...closedBar(bars, index), position, cash, portfolioValue: cash + position * bars.close[index]! })
  }
}

/** Of a missing bar there is no signal, and nothing was filled or refused in it. */
function record(run: BacktestRun, trader: Trader, signal: TradeSignal | undefined, index: number): void {
  const { account } = trader
  const { action, size = 1 } = signal ?? { action: 'hold' }
  const at = index - run.from
  run.actions[at] = action
  run.sizes[at] = action === 'hold' ? 0 : size
  run.positions[at] = account.position
  run.cash[at] = account.cash
  run.values[at] = traderValue(trader)
  if (!signal) return
  if (account.filled !== 'hold') {
    run.fills.push({
      index, side: account.filled, price: account.filledPrice, quantity: account.filledQuantity, fee: account.filledFee, profit: account.filledProfit,
      portfolioValue: run.values[at],
    })
  }
  if (account.refused !== '') run.refused[account.refused] = (run.refused[account.refused] ?? 0) + 1
}

function emptyRun(from: number, to: number): BacktestRun {
  const column = () => new Float64Array(to - from)
  return { from, to, actions: [], sizes: column(), positions: column(), cash: column(), values: column(), fills: [], refused: {}, feesPaid: 0, traded: 0 }
}
