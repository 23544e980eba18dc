import { BacktestReport } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { start, step, usual, walk } from './backtest.test-support.ts'
import { judgeBacktest } from './bias-gate.ts'
import { buildReport } from './build-report.ts'
import { runBacktest, type StrategyPlan } from './run-backtest.ts'
import { buyAndHold } from './strategies/buy-and-hold.ts'
import { movingAverage } from './strategies/moving-average.ts'
import { thinSeries } from './thin-series.ts'

const bars = walk(3000, 3, (i) => i % 500 === 7)
const endTime = start + 3000 * step
const span = (from: number, to: number) => ({ from: start + from * step, to: start + to * step })

function report() {
  const run = (plan: StrategyPlan) => runBacktest({ bars, rules: usual, segments: [{ from: 500, to: 3000, plan }] })
  const own = run(movingAverage())
  return buildReport({
    context: {
      run_id: 'run-a1b2c3', queue_id: 'wf-all-train_agent_5m-20250101-a1b2c3', workflow_id: 'wf-a1b2c3', venue: 'binance', symbol: 'BTCUSDT', interval: '5m', created_at: endTime,
      folds: [{ train: span(0, 300), validation: span(300, 500), test: span(500, 3000) }],
    },
    strategy: 'moving_average', bars, rules: usual, run: own, benchmark: run(buyAndHold), endTime, bootstrap: { blockBars: 50, resamples: 50, seed: 1 },
    verdict: judgeBacktest({ bars, segments: [{ from: 500, to: 3000, plan: movingAverage(), learnt: undefined }], run: own, seed: 1 }),
  })
}

describe('a report', () => {
  const { report: built, csv } = report()

  it('fits its contract, and keeps every trade', () => {
    const whole = { ...built, csv: { object: 'x', bytes: 1, sha256: `sha256:${'0'.repeat(64)}`, rows: csv.rows } }
    expect(BacktestReport.parse(whole)).toEqual(whole)
    expect(built.trades).toHaveLength(built.metrics.fills)
    expect(built.trades.length).toBeGreaterThan(10)
    expect(built).toMatchObject({ _key: 'run-a1b2c3_moving_average', bars: 2495, missing_bars: 5, verdict: { valid: true } })
    expect(built.verdict.warnings[0]).toBe('5 of 2500 bars are missing; orders waited for the next')
  })

  it('has a line of CSV for each bar that is there, from which its figures can be had again', () => {
    const [header, ...lines] = csv.text.trimEnd().split('\n')
    expect(lines).toHaveLength(built.bars)
    expect(csv.rows).toBe(built.bars)
    const column = (name: string) => { const at = header!.split(',').indexOf(name); return lines.map((line) => line.split(',')[at]!) }
    expect(Number(column('portfolio_value').at(-1))).toBe(built.metrics.final_value)
    expect(Number(column('benchmark_value').at(-1))).toBe(built.benchmark.final_value)
    expect(column('fee').reduce((sum, fee) => sum + Number(fee), 0)).toBeCloseTo(built.metrics.fees, 8)
    expect(column('fill').filter((side) => side !== '')).toEqual(built.trades.map(({ side }) => side))
  })

  it('is drawn by at most 2,000 points, with the deepest fall among them', () => {
    expect(built.series.open_times).toHaveLength(2000)
    expect(Math.max(...built.series.drawdown)).toBeCloseTo(built.metrics.max_drawdown.value, 12)
    expect(built.series.portfolio.at(-1)).toBe(built.metrics.final_value)
  })

  it('is drawn whole where it is short', () => {
    expect(thinSeries({ openTimes: [1, 2, 3], portfolio: [10, 5, 20], benchmark: [1, 2, 3], initialCapital: 8 }, 10)).toEqual({
      open_times: [1, 2, 3], portfolio: [10, 5, 20], benchmark: [1, 2, 3], drawdown: [0, 0.5, 0],
    })
  })
})
