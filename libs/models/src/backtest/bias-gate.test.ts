import { describe, expect, it } from 'vitest'
import { planOf, usual, walk } from './backtest.test-support.ts'
import { type GateInput, judgeBacktest, type LearntBars } from './bias-gate.ts'
import { runBacktest, type StrategyPlan } from './run-backtest.ts'
import type { MarketBars } from './strategy.ts'
import { buyAndHold } from './strategies/buy-and-hold.ts'
import { movingAverage } from './strategies/moving-average.ts'
import { rsi } from './strategies/rsi.ts'

const bars = walk(1500, 3, (i) => i % 97 === 5)
const from = 1000

function judge(plan: StrategyPlan, more: Partial<GateInput> & { learnt?: LearntBars } = {}) {
  const { learnt, ...changes } = more
  const series = changes.bars ?? bars
  const segments = [{ from, to: 1500, plan, learnt }]
  return judgeBacktest({ bars: series, segments, run: runBacktest({ bars: series, rules: usual, segments }), seed: 1, ...changes })
}
const failures = (verdict: ReturnType<typeof judge>) => verdict.checks.filter(({ passed }) => !passed).map(({ name }) => name)

const mean = (values: ArrayLike<number>) => Array.from(values).filter((value) => value > 0).reduce((sum, value, _, { length }) => sum + value / length, 0)

describe('the gate', () => {
  it.each([buyAndHold, movingAverage(), rsi(), movingAverage({ fast: 3, slow: 5 })])('lets $name pass, and says what was compared', (plan) => {
    const verdict = judge(plan)
    expect(verdict.valid, JSON.stringify(verdict.checks)).toBe(true)
    expect(verdict.checks.map(({ name }) => name)).toEqual(['future_shift', 'start_independence', 'unseen_test_bars'])
    expect(verdict.checks[0]!.message).toMatch(/^\d{3,} signals stayed the same/)
  })

  it('refuses a strategy that knows the next close', () => {
    const plan = planOf('peeking', 0, ({ close }) => ({ index, position }) => ({ action: close[index + 1]! > close[index]! ? 'buy' : position > 0 ? 'sell' : 'hold' }))
    const verdict = judge(plan)
    expect(verdict.valid).toBe(false)
    expect(failures(verdict)).toContain('future_shift')
    expect(verdict.checks[0]!.message).toMatch(/with other bars after 2025-.* the signal of 2025-.* is \w+ instead of \w+/)
  })

  it('refuses one that compares with the mean of all bars', () => {
    const plan = planOf('scaled', 0, ({ close }) => { const middle = mean(close); return ({ candle }) => ({ action: candle.close > middle ? 'buy' : 'sell' }) })
    expect(failures(judge(plan))).toContain('future_shift')
  })

  it('refuses features that know the future', () => {
    const plan = planOf('reading', 0, () => ({ features }) => ({ action: (features?.[0] ?? 0) > 0 ? 'buy' : 'sell' }))
    const withNext = ({ close }: MarketBars) => Float32Array.from(close, (price, i) => Math.sign((close[i + 1] ?? price) - price))
    const withLast = ({ close }: MarketBars) => Float32Array.from(close, (price, i) => Math.sign(price - (close[i - 1] ?? price)))
    const named = (features: Float32Array) => ({ ...bars, featureNames: ['move'], features })
    expect(failures(judge(plan, { bars: named(withNext(bars)), computeFeatures: withNext }))).toContain('future_shift')
    expect(judge(plan, { bars: named(withLast(bars)), computeFeatures: withLast }).valid).toBe(true)
    // Stored from somewhere else, whatever the processor makes of candles now.
    const stored = judge(plan, { bars: named(withNext(bars)), computeFeatures: withLast })
    expect(failures(stored)).toEqual(['future_shift'])
    expect(stored.checks[0]!.message).toMatch(/^the stored move of 2025-.* is -?1; of the candles up to then it is (-?1|0)$/)
  })

  it('refuses an indicator that never forgets where it began', () => {
    const averaging = (share: number) => planOf('averaging', 1000, () => {
      let level = NaN
      return ({ candle }) => {
        level = Number.isNaN(level) ? candle.close : level + share * (candle.close - level)
        return { action: candle.close > level ? 'buy' : 'sell' }
      }
    })
    expect(judge(averaging(0.05), { settlingBars: 500 }).valid).toBe(true)
    const counting = planOf('counting', 0, () => {
      let seen = 0
      return () => ({ action: seen++ % 7 === 0 ? 'buy' : 'sell' })
    })
    expect(failures(judge(counting))).toEqual(['start_independence'])
    const reading = planOf('reading', 0, () => ({ features: row }) => ({ action: row && row[0]! > 0 ? 'buy' : 'sell' }))
    const judged = (features: (bars: MarketBars) => Float32Array) => judge(reading, { bars: { ...bars, featureNames: ['move'], features: features(bars) }, computeFeatures: features })
    expect(judged(({ close }) => Float32Array.from(close, (price, i) => price - close[i - 1]!)).valid).toBe(true)
    expect(failures(judged(({ close }) => Float32Array.from(close, (_, i) => (i % 7 === 0 ? 1 : -1))))).toEqual(['start_independence'])
  })

  it('does not vouch for what it cannot tell', () => {
    expect(failures(judge(planOf('remembering', 1400, () => () => ({ action: 'hold' }))))).toEqual(['start_independence'])
  })

  it('refuses test bars that were learnt from', () => {
    const time = (index: number) => bars.openTimes[index]!
    expect(failures(judge(buyAndHold, { learnt: { from: time(0), to: time(1000) } }))).toEqual(['unseen_test_bars'])
    expect(failures(judge(buyAndHold, { learnt: { from: time(1200), to: time(1499) } }))).toEqual(['unseen_test_bars'])
    expect(judge(buyAndHold, { learnt: { from: time(0), to: time(999) } }).valid).toBe(true)
  })
})
