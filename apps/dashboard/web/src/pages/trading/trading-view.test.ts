import type { BacktestSummary } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { comparable, drawdownPoints, formatMoney, formatShare, marketsOf, metricRows, shownRuns } from './trading-view.ts'

const backtest = (run: string, strategy: string, symbol: string, at: number, from = 0, to = 100) =>
  ({ _key: `${run}_${strategy}`, run_id: run, strategy, venue: 'binance', symbol, interval: '5m', from, to, created_at: at }) as unknown as BacktestSummary

describe('backtests', () => {
  const all = [backtest('run-b', 'rsi', 'BTCUSDT', 9), backtest('run-b', 'dqn', 'BTCUSDT', 8), backtest('run-c', 'dqn', 'ETHUSDT', 7), backtest('run-a', 'dqn', 'BTCUSDT', 5, 50, 150), backtest('run-z', 'dqn', 'BTCUSDT', 4, 500, 600)]
  it('are chosen by market, where the newest run\'s agent stands first', () => {
    expect(marketsOf(all).map(({ _key }) => _key)).toEqual(['run-b_dqn', 'run-c_dqn'])
    expect(marketsOf([...all].reverse()).map(({ _key }) => _key).sort()).toEqual(['run-b_dqn', 'run-c_dqn'])
  })
  it('are compared with those of the same market whose bars meet theirs, the own run\'s first', () => {
    expect(comparable(all, all[1]!).map(({ _key }) => _key)).toEqual(['run-b_rsi', 'run-a_dqn'])
    expect(comparable(all, all[2]!)).toEqual([])
  })
  it('are written with signs, and without what cannot be told', () => {
    const measured = (value: number) => ({ value, low: value - 0.01, high: value + 0.01 })
    const metrics = { total_return: measured(0.0234), max_drawdown: measured(0.05), turnover: 3, exposure: 0.5, fees: 12.345, fills: 4, final_value: 102_340 }
    const text = Object.fromEntries(metricRows.map(({ name, of }) => [name, of(metrics)]))
    expect(text).toMatchObject({ 'Return': { text: '+2.34 %', interval: '+1.34 % … +3.34 %', tone: 'up' }, 'Largest drawdown': { text: '5.00 %' }, 'Sharpe ratio': undefined, 'Fees': { text: formatMoney(12.345) } })
    expect([-0.01, 0, 1.5e13].map(formatShare)).toEqual(['-1.00 %', '0.00 %', '+1.50e+15 %'])
  })
  it('stand beside their run, and the runs that train now', () => {
    const run = (id: string, kind: string, status: string) => ({ run_id: id, kind, status }) as never
    expect(shownRuns([run('a', 'agent', 'finished'), run('b', 'gnn', 'running'), run('c', 'agent', 'running'), run('d', 'agent', 'finished')], 'a').map((r) => r.run_id)).toEqual(['c', 'a'])
  })
  it('draw their drawdown downwards', () => {
    const series = { open_times: [1, 2], portfolio: [1, 1], benchmark: [1, 1], drawdown: [0, 0.1] }
    expect(drawdownPoints({ series } as never)).toEqual([{ time: 1, value: -0 }, { time: 2, value: -10 }])
  })
})
