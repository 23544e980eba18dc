import { describe, expect, it } from 'vitest'
import { barsOf, free, scripted, start, step, usual, walk } from './backtest.test-support.ts'
import { excessReturn, measureBacktest } from './backtest-metrics.ts'
import { returnFigures } from './resample-returns.ts'
import { runBacktest, type StrategyPlan } from './run-backtest.ts'
import type { MarketBars } from './strategy.ts'
import { buyAndHold } from './strategies/buy-and-hold.ts'
import { movingAverage } from './strategies/moving-average.ts'

const bootstrap = { blockBars: 5, resamples: 400, seed: 9 }
const measured = (bars: MarketBars, plan: StrategyPlan, rules = free) => measureBacktest({
  bars, run: runBacktest({ bars, rules, segments: [{ from: 0, to: bars.openTimes.length, plan }] }), initialCapital: rules.initialCapital,
  endTime: start + bars.openTimes.length * step, bootstrap,
})

describe('figures of returns', () => {
  it('are those that numpy has', () => {
    // r = [.1, -.05, .02, -.03]; r.mean()/r.std(ddof=1), r.mean()/sqrt(mean(minimum(r,0)**2)), 1-(v/maximum.accumulate(v)).min(), log(v[-1])
    const { sharpe, sortino, maxDrawdown, logReturn } = returnFigures(Float64Array.of(0.1, -0.05, 0.02, -0.03))
    expect(sharpe).toBeCloseTo(0.14962640041614497, 14)
    expect(sortino).toBeCloseTo(0.3429971702850177, 14)
    expect(maxDrawdown).toBeCloseTo(1 - 0.95 * 1.02 * 0.97, 14)
    expect(logReturn).toBeCloseTo(Math.log(1.1 * 0.95 * 1.02 * 0.97), 14)
  })

  it('have no ratios where nothing moves', () => {
    expect(returnFigures(new Float64Array(5))).toEqual({ logReturn: 0, sharpe: NaN, sortino: NaN, maxDrawdown: 0 })
    expect(returnFigures(new Float64Array(100).fill(0.01)).sharpe).toBeNaN()
  })
})

describe('metrics of a backtest', () => {
  const bars = barsOf([[10, 10], [10, 12], [12, 9], [9, 18], [20, 20], [20, 10], null, [10, 10]])
  const { metrics } = measured(bars, scripted({ 0: { action: 'buy' }, 3: { action: 'sell' }, 4: { action: 'buy' }, 5: { action: 'sell' } }))

  it('are as worked out by hand', () => {
    // 100 units at 10; sold at 20 for 2000; bought at 20, worth 1000 at 10; the last order waits for the bar after the missing one
    expect(metrics.total_return.value).toBeCloseTo(0, 12)
    expect(metrics.max_drawdown.value).toBeCloseTo(0.5, 12)
    expect(metrics.win_rate!.value).toBe(0.5)
    expect(metrics.exposure).toBeCloseTo(4 / 7, 12)
    expect(metrics.turnover).toBeCloseTo(6000 / ((1000 + 1200 + 900 + 1800 + 2000 + 1000 + 1000) / 7), 12)
    expect(metrics).toMatchObject({ fees: 0, fills: 4, final_value: 1000 })
  })

  it('have intervals that hold the value, and the same ones for the same seed', () => {
    const series = walk(600)
    const own = measured(series, movingAverage(), usual)
    for (const figure of [own.metrics.total_return, own.metrics.sharpe!, own.metrics.cagr!, own.metrics.sortino!]) {
      expect(figure.low).toBeLessThan(figure.value)
      expect(figure.high).toBeGreaterThan(figure.value)
    }
    expect(measured(series, movingAverage(), usual).metrics).toEqual(own.metrics)
  })

  it('compare with buy-and-hold on the same resampled bars', () => {
    const series = walk(600)
    const hold = measured(series, buyAndHold, usual)
    expect(excessReturn(hold, hold)).toEqual({ value: 0, low: 0, high: 0 })
    const cheaper = measured(series, buyAndHold, { ...usual, feeBps: 0 })
    const excess = excessReturn(cheaper, hold)
    // Much narrower than either's own interval: both rise and fall together.
    expect(excess.value).toBeGreaterThan(0)
    expect(excess.high - excess.low).toBeLessThan(0.1 * (hold.metrics.total_return.high - hold.metrics.total_return.low))
  })

  it('a year has as many bars as the calendar gives', () => {
    // 288 five-minute bars a day
    const { sharpe } = measured(bars, buyAndHold).metrics
    const returns = [1, 1.2, 0.75, 2, 20 / 18, 0.5, 1].map((ratio) => ratio - 1)
    const mean = returns.reduce((a, b) => a + b) / 7
    const deviation = Math.sqrt(returns.reduce((sum, r) => sum + (r - mean) ** 2, 0) / 6)
    expect(sharpe!.value).toBeCloseTo((mean / deviation) * Math.sqrt((365.25 * 288 * 7) / 8), 8)
  })

  it('are those that the Python package backtesting 0.6.5 has of the same orders', () => {
    // Its equity at bars 99, 199, 299 and 399, drawdown, and numpy's ratios of that equity: see backtest-peer.integration.test.ts.
    const series = walk(400, 21)
    const rules = { ...usual, lotSize: 1 }
    const run = runBacktest({ bars: series, rules, segments: [{ from: 0, to: 400, plan: movingAverage({ fast: 5, slow: 20 }) }] })
    const theirs = [107355.6994017357, 102502.98214009931, 89871.71581796074, 85647.8307628663]
    for (const [i, value] of theirs.entries()) expect(run.values[99 + 100 * i]! / value).toBeCloseTo(1, 12)
    const figures = measured(series, movingAverage({ fast: 5, slow: 20 }), rules).metrics
    const year = Math.sqrt(365.25 * 288)
    expect(figures.max_drawdown.value).toBeCloseTo(0.2552911303371166, 12)
    expect(figures.sharpe!.value / year).toBeCloseTo(-0.07527271980159038, 12)
    expect(figures.sortino!.value / year).toBeCloseTo(-0.09824084072117376, 12)
    expect(figures.fills).toBe(27)
  })
})
