import type { BarRange } from '../time-split.ts'
import { closedBar, isPresent } from './market-bars.ts'
import type { BacktestRun, StrategyPlan } from './run-backtest.ts'
import type { MarketBars, TradeAction } from './strategy.ts'

export interface RecordedSignals {
  /** One for each bar of the range; of a missing bar 'hold'. */
  actions: TradeAction[]
  sizes: number[]
}

export interface ReplayInput {
  bars: MarketBars
  plan: StrategyPlan
  /** First bar of the plan's segment. */
  segmentFrom: number
  /** Bars whose signals are wanted, within the segment. */
  range: BarRange
  /** Whose account the strategy is shown, whatever it says itself. */
  run: BacktestRun
}

/** What a strategy says to these bars when the account is as it was in a run. */
export function replaySignals({ bars, plan, segmentFrom, range, run }: ReplayInput): RecordedSignals {
  const strategy = plan.create(bars)
  const signals: RecordedSignals = { actions: [], sizes: [] }
  for (let index = Math.max(0, segmentFrom - plan.warmupBars); index < range.to; index++) {
    const asked = index >= range.from
    const signal = isPresent(bars, index) ? strategy.onBar({ ...closedBar(bars, index), ...accountAt(run, index, bars) }) : undefined
    if (!asked) continue
    signals.actions.push(signal?.action ?? 'hold')
    signals.sizes.push(signal?.size ?? 1)
  }
  return signals
}

/** Before the run there is its cash at the beginning. */
function accountAt(run: BacktestRun, index: number, { close }: MarketBars) {
  const at = Math.max(0, index - run.from)
  const [position, cash] = index < run.from ? [0, run.cash[0]!] : [run.positions[at]!, run.cash[at]!]
  return { position, cash, portfolioValue: cash + position * close[index]! }
}
