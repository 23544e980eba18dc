import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { barsOf, free, planOf, scripted, usual, walk } from './backtest.test-support.ts'
import { runBacktest, type StrategyPlan } from './run-backtest.ts'
import type { StrategyBar } from './strategy.ts'
import { buyAndHold } from './strategies/buy-and-hold.ts'
import { forecastSignals } from './strategies/forecast-signals.ts'
import { movingAverage } from './strategies/moving-average.ts'
import { rsi } from './strategies/rsi.ts'

const over = (bars: ReturnType<typeof barsOf>, plan: StrategyPlan, rules = free, from = 0) => runBacktest({ bars, rules, segments: [{ from, to: bars.openTimes.length, plan }] })

describe('a backtest', () => {
  it('fills at the open after the signal, and values at the close', () => {
    const run = over(barsOf([[10, 10], [20, 25], [30, 40], [50, 45]]), scripted({ 0: { action: 'buy' }, 2: { action: 'sell', size: 0.5 } }))
    expect(run.fills).toMatchObject([{ index: 1, side: 'buy', price: 20, quantity: 50 }, { index: 3, side: 'sell', price: 50, quantity: 25, profit: 750, portfolioValue: 1250 + 25 * 45 }])
    expect([...run.values]).toEqual([1000, 1250, 2000, 2375])
    expect([...run.positions]).toEqual([0, 50, 50, 25])
    expect([run.actions, [...run.sizes]]).toEqual([['buy', 'hold', 'sell', 'hold'], [1, 0, 0.5, 0]])
    expect(run.traded).toBe(1000 + 1250)
  })

  it('shows a strategy no bar that is missing, and fills the order when the market opens again; the portfolio keeps its last worth', () => {
    const seen: number[] = []
    const plan = planOf('watching', 0, () => ({ index }) => { seen.push(index); return { action: 'buy' } })
    const run = over(barsOf([[10, 10], null, [20, 25], [20, 20], null]), plan)
    expect(seen).toEqual([0, 2, 3])
    expect(run.fills).toMatchObject([{ index: 2, price: 20, quantity: 50 }])
    expect([...run.values]).toEqual([1000, 1000, 1250, 1000, 1000])
    expect(run.refused).toEqual({ small_order: 1 })
  })

  it('fills nothing where nothing was traded', () => {
    const run = over(barsOf([[10, 10], [10, 10], [10, 11]], (i) => (i === 1 ? 0 : 1)), buyAndHold)
    expect(run.fills.map(({ index }) => index)).toEqual([2])
  })

  it('shows the bars before the first one, without an order coming of them', () => {
    const seen: StrategyBar[] = []
    const plan = planOf('watching', 2, () => (bar) => { seen.push(bar); return { action: bar.index < 3 ? 'buy' : 'hold' } })
    const run = over(walk(6), plan, free, 3)
    expect(seen.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5])
    expect(run.fills).toEqual([])
  })

  it('goes on with the account from fold to fold, each with a strategy of its own', () => {
    const bars = barsOf([[10, 10], [10, 10], [20, 20], [20, 20], [40, 40]])
    let made = 0
    const plan = (action: 'buy' | 'sell'): StrategyPlan => ({ name: action, warmupBars: 0, create: () => { made++; return { name: action, onBar: () => ({ action }) } } })
    const run = runBacktest({ bars, rules: free, segments: [{ from: 0, to: 2, plan: plan('buy') }, { from: 2, to: 5, plan: plan('sell') }] })
    expect(made).toBe(2)
    expect([...run.values]).toEqual([1000, 1000, 2000, 2000, 2000])
    // The last order of the first fold is filled in the first bar of the second.
    expect(run.fills.map(({ index, side }) => `${index} ${side}`)).toEqual(['1 buy', '3 sell'])
  })

  it('is worth cash and units at every bar, whatever is missing and whoever trades', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 30 }), fc.constantFrom(buyAndHold, movingAverage({ fast: 3, slow: 8 }), rsi({ period: 4, low: 45, high: 55 })), (seed, plan) => {
      const bars = walk(120, seed, (i) => (i * seed) % 11 === 3)
      const run = over(bars, plan, usual, 10)
      let close = NaN
      run.values.forEach((value, at) => {
        if (bars.close[at + 10]! > 0) close = bars.close[at + 10]!
        expect(value).toBeCloseTo(run.cash[at]! + (run.positions[at] ? run.positions[at]! * close : 0), 6)
      })
      const feesOfFills = run.fills.reduce((sum, { fee }) => sum + fee, 0)
      expect(run.feesPaid).toBeCloseTo(feesOfFills, 8)
    }), { seed: 5, numRuns: 40 })
  })
})

describe('strategies', () => {
  const prices = (closes: readonly number[]) => barsOf(closes.map((close, i): [number, number] => [closes[i - 1] ?? close, close]))

  it('moving_average buys when the fast mean crosses above the slow one, and sells when below', () => {
    const { actions } = over(prices([5, 4, 3, 4, 6, 7, 5, 3, 2]), movingAverage({ fast: 2, slow: 3 }))
    // means of 2 and 3: bar 4: 5 against 4.33; bar 7: 4 against 5
    expect(actions).toEqual(['hold', 'hold', 'hold', 'hold', 'buy', 'hold', 'hold', 'sell', 'hold'])
  })

  it('rsi buys what fell and sells what rose', () => {
    const { actions } = over(prices([10, 9, 8, 8.1, 10, 11, 11, 11]), rsi({ period: 3, low: 30, high: 70 }))
    // up and down over three changes: bar 3: 0.1 of 2.1; bar 5: 3 of 3
    expect(actions).toEqual(['hold', 'hold', 'hold', 'buy', 'hold', 'sell', 'hold', 'hold'])
  })

  it('rsi of prices that stand still is in the middle', () => {
    expect(new Set(over(prices([10, 10, 10, 10, 10]), rsi({ period: 2 })).actions)).toEqual(new Set(['hold']))
  })

  it("gnn holds while more than the costs is expected", () => {
    const bars = prices([10, 11, 12, 11, 10])
    const forecasts = [0.001, 0.01, 0.001, undefined, -0.01]
    const plan = forecastSignals((openTime) => forecasts[bars.openTimes.indexOf(openTime)], 0.002)
    expect(over(bars, plan).actions).toEqual(['hold', 'buy', 'hold', 'hold', 'sell'])
  })
})
