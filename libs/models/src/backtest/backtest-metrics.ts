import type { BacktestMetrics, Measured } from '@streamforge/contracts'
import { measure, type BootstrapOptions } from '../block-bootstrap.ts'
import { isPresent } from './market-bars.ts'
import { measured, resampleReturns, returnFigures, type ReturnFigures } from './resample-returns.ts'
import type { BacktestRun } from './run-backtest.ts'
import type { MarketBars } from './strategy.ts'

/** A year as astronomers have it, in milliseconds. */
const yearMs = 365.25 * 86_400_000

export interface MetricsInput {
  bars: MarketBars
  run: BacktestRun
  initialCapital: number
  /** Milliseconds: end of the last bar. */
  endTime: number
  bootstrap: BootstrapOptions
}

/** The figures and what their intervals come from. */
export interface Measurement {
  metrics: BacktestMetrics
  /** Simple returns of the portfolio from bar to bar, of the bars that are there. */
  returns: Float64Array
  /** Logarithmic return of each resample. */
  resampledReturns: Float64Array
}

/** Every figure of a run; formulas and sources are in docs/BACKTESTS.md. */
export function measureBacktest({ bars, run, initialCapital, endTime, bootstrap }: MetricsInput): Measurement {
  const present = presentBars(bars, run)
  const values = Float64Array.from(present, (at) => run.values[at]!)
  const returns = barReturns(values, initialCapital)
  const figures = returnFigures(returns)
  const resampled = resampleReturns(returns, bootstrap)
  const of = (figure: (f: ReturnFigures) => number) => measured(figure(figures), resampled.map(figure))
  const years = (endTime - bars.openTimes[run.from]!) / yearMs
  const root = Math.sqrt(values.length / years)
  const [cagr, sharpe, sortino] = [of((f) => Math.expm1(f.logReturn / years)), of((f) => f.sharpe * root), of((f) => f.sortino * root)]
  const winRate = measureWins(run, present, bootstrap)
  return {
    returns,
    resampledReturns: Float64Array.from(resampled, (f) => f.logReturn),
    metrics: {
      total_return: certain(of((f) => Math.expm1(f.logReturn))), max_drawdown: certain(of((f) => f.maxDrawdown)),
      ...(cagr && { cagr }), ...(sharpe && { sharpe }), ...(sortino && { sortino }), ...(winRate && { win_rate: winRate }),
      turnover: run.traded / mean(values), exposure: present.filter((at) => run.positions[at]! > 0).length / present.length,
      fees: run.feesPaid, fills: run.fills.length, final_value: values.at(-1)!,
    },
  }
}

/** Logarithmic return of the first above the second's; its interval compares resamples that drew the same bars. */
export function excessReturn(a: Measurement, b: Measurement): Measured {
  const difference = Math.log1p(a.metrics.total_return.value) - Math.log1p(b.metrics.total_return.value)
  return certain(measured(difference, Array.from(a.resampledReturns, (value, i) => value - b.resampledReturns[i]!)))
}

function presentBars(bars: MarketBars, { from, to }: BacktestRun): number[] {
  return Array.from({ length: to - from }, (_, at) => at).filter((at) => isPresent(bars, from + at))
}

/** The first is over the initial capital. */
export function barReturns(values: Float64Array, initialCapital: number): Float64Array {
  return values.map((value, i) => value / (i === 0 ? initialCapital : values[i - 1]!) - 1)
}

/** Share of the sales that won; its interval draws bars, each with the sales in it. */
function measureWins({ fills, from }: BacktestRun, present: readonly number[], bootstrap: BootstrapOptions): Measured | undefined {
  const place = new Map(present.map((at, i) => [at, i]))
  const series = { sums: new Float64Array(present.length), weights: new Float64Array(present.length) }
  for (const { side, index, profit } of fills) {
    const i = place.get(index - from)
    if (side !== 'sell' || i === undefined) continue
    series.weights[i]! += 1
    series.sums[i]! += profit > 0 ? 1 : 0
  }
  const wins = measure(series, bootstrap)
  // Of a single sale no resample may have one.
  return wins && { value: wins.value, low: Number.isNaN(wins.low) ? wins.value : wins.low, high: Number.isNaN(wins.high) ? wins.value : wins.high }
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Returns and drawdowns of positive values always are numbers. */
function certain(figure: Measured | undefined): Measured {
  return figure ?? { value: 0, low: 0, high: 0 }
}
