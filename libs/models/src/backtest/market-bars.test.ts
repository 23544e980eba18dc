import { describe, expect, it } from 'vitest'
import { barsOf, usual, walk } from './backtest.test-support.ts'
import { barWarnings, checkMarketBars } from './market-bars.ts'
import { planWalkForward } from './walk-forward.ts'

const coded = (code: string, message: string) => expect.objectContaining({ code, message: expect.stringContaining(message), remedy: expect.stringMatching(/./) })

describe('bars that say nothing are refused', () => {
  it.each([
    ['none', barsOf(Array.from({ length: 40 }, () => null)), usual, 'NO_DATA', 'no candles of BTCUSDT'],
    ['too few', walk(60, 7, (i) => i > 10), usual, 'TOO_FEW_BARS', 'BTCUSDT has 11 bars; at least 20'],
    ['a price that never changes', barsOf(Array.from({ length: 40 }, () => [7, 7])), usual, 'CONSTANT_SERIES', 'the price of BTCUSDT never changes'],
    ['no volume', { ...walk(40), volume: new Float64Array(40) }, usual, 'NO_VOLUME', 'nothing was traded of BTCUSDT'],
    ['a capital for less than one unit', walk(40), { ...usual, lotSize: 1, initialCapital: 50 }, 'CAPITAL_TOO_SMALL', 'a capital of 50 never buys'],
    ['a high below the close', { ...walk(40), high: new Float64Array(40).fill(1) }, usual, 'BAD_TRAINING_DATA', 'the candle of BTCUSDT at 2025-01-01T00:00:00.000Z'],
  ] as const)('%s', (_, bars, rules, code, message) => {
    expect(() => checkMarketBars(bars, rules)).toThrow(coded(code, message))
  })

  it('others are not; what is odd is told', () => {
    const bars = walk(40, 7, (i) => i === 5 || i === 35)
    bars.volume[30] = 0
    expect(() => checkMarketBars(bars, { ...usual, lotSize: 1 })).not.toThrow()
    expect(barWarnings(bars, 20, 40)).toEqual(['1 of 20 bars are missing; orders waited for the next', 'in 1 bars nothing was traded; orders for them came to nothing'])
    expect(barWarnings(walk(40), 0, 40)).toEqual([])
  })
})

describe('walking forward', () => {
  const plan = { bars: 1000, parts: [0.6, 0.2, 0.2], window: 8, smallest: 20 } as const

  it('tests each stretch after training on all before it', () => {
    expect(planWalkForward({ ...plan, walks: 2 })).toEqual([
      { train: { from: 0, to: 592 }, validation: { from: 600, to: 792 }, test: { from: 800, to: 900 } },
      { train: { from: 0, to: 692 }, validation: { from: 700, to: 892 }, test: { from: 900, to: 1000 } },
    ])
    expect(planWalkForward({ ...plan, parts: [3, 1, 1], walks: 1 })).toEqual([{ train: { from: 0, to: 592 }, validation: { from: 600, to: 792 }, test: { from: 800, to: 1000 } }])
  })

  it('refuses parts that are too short', () => {
    expect(() => planWalkForward({ ...plan, bars: 60, walks: 1 })).toThrow(coded('TOO_FEW_BARS', '60 bars leave 4 for the validation part'))
    expect(() => planWalkForward({ ...plan, walks: 20 })).toThrow(coded('TOO_FEW_BARS', 'of fold 1 of 20'))
  })
})
