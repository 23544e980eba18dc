import { type BacktestReport, backtestKey, type BacktestTrade, type StrategyName, type ValidityVerdict } from '@streamforge/contracts'
import type { BootstrapOptions } from '../block-bootstrap.ts'
import type { AccountRules } from './account.ts'
import { backtestCsv } from './backtest-csv.ts'
import { excessReturn, measureBacktest, type Measurement } from './backtest-metrics.ts'
import { barWarnings, isPresent } from './market-bars.ts'
import type { BacktestRun } from './run-backtest.ts'
import type { MarketBars } from './strategy.ts'
import { thinSeries } from './thin-series.ts'

/** Of what a report is; its file has its own checksum. */
export type ReportContext = Pick<BacktestReport, 'run_id' | 'queue_id' | 'workflow_id' | 'venue' | 'symbol' | 'interval' | 'folds' | 'model_version' | 'created_at'>

export interface ReportInput {
  context: ReportContext
  strategy: StrategyName
  bars: MarketBars
  rules: AccountRules
  run: BacktestRun
  /** Buy-and-hold over the same bars. */
  benchmark: BacktestRun
  verdict: ValidityVerdict
  /** Milliseconds: end of the last bar. */
  endTime: number
  bootstrap: BootstrapOptions
}

export interface BuiltReport {
  /** Without what is known once the file is stored. */
  report: Omit<BacktestReport, 'csv'>
  csv: { text: string; rows: number }
  measurement: Measurement
}

/** Points that a page draws. */
const mostPoints = 2_000

/** All of a report that follows from a run. Pure. */
export function buildReport(input: ReportInput): BuiltReport {
  const { context, strategy, bars, rules, run, benchmark, verdict, endTime } = input
  const measured = (of: BacktestRun) => measureBacktest({ bars, run: of, initialCapital: rules.initialCapital, endTime, bootstrap: input.bootstrap })
  const [own, theirs] = [measured(run), measured(benchmark)]
  const there = Array.from({ length: run.to - run.from }, (_, at) => at).filter((at) => isPresent(bars, run.from + at))
  const report: BuiltReport['report'] = {
    _key: backtestKey({ run_id: context.run_id, strategy }), ...context, strategy,
    from: bars.openTimes[run.from]!, to: endTime, bars: there.length, missing_bars: run.to - run.from - there.length,
    rules: { initial_capital: rules.initialCapital, fee_bps: rules.feeBps, slippage_bps: rules.slippageBps, lot_size: rules.lotSize, position_share: rules.positionShare },
    metrics: own.metrics, benchmark: theirs.metrics, excess_return: excessReturn(own, theirs), verdict: { ...verdict, warnings: [...verdict.warnings, ...runWarnings(bars, run)] },
    trades: run.fills.map((fill): BacktestTrade => ({
      open_time: bars.openTimes[fill.index]!, side: fill.side, price: fill.price, quantity: fill.quantity, fee: fill.fee,
      ...(fill.side === 'sell' && { profit: fill.profit }), portfolio_value: fill.portfolioValue,
    })),
    series: thinSeries({
      openTimes: there.map((at) => bars.openTimes[run.from + at]!), portfolio: there.map((at) => run.values[at]!), benchmark: there.map((at) => benchmark.values[at]!),
      initialCapital: rules.initialCapital,
    }, mostPoints),
  }
  return { report, csv: backtestCsv(bars, run, benchmark), measurement: own }
}

const reasons: Record<keyof BacktestRun['refused'], string> = {
  no_market: 'for want of a market',
  below_lot: 'because they came to less than the smallest quantity',
  small_order: 'because little cash was left beside what is held',
  no_position: 'because nothing was held',
}

/** Orders that say hold in other words are no news. */
function runWarnings(bars: MarketBars, run: BacktestRun): string[] {
  const told = (['no_market', 'below_lot'] as const).flatMap((reason) => (run.refused[reason] ? [`${run.refused[reason]} orders came to nothing ${reasons[reason]}`] : []))
  return [...barWarnings(bars, run.from, run.to), ...told, ...(run.fills.length === 0 ? ['nothing was ever bought'] : [])]
}
