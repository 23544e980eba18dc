import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextAverageTrueRange, startAverageTrueRange, trueRange } from './average-true-range.ts'
import { convergenceWarmUp, nextConvergence, startConvergence } from './moving-average-convergence.ts'
import { nextRelativeStrength, startRelativeStrength } from './relative-strength.ts'
import { taLibColumns, taLibRows } from './ta-lib-values.test-support.ts'
import { bollinger, realisedVolatility, spreadOfNewest, standardScore } from './window-statistics.ts'

type Column = (typeof taLibColumns)[number]
const column = (name: Column) => taLibRows.map((row) => row[taLibColumns.indexOf(name)]!)
const closes = column('close')
const highs = column('high')
const lows = column('low')

/** What TA-Lib says at a bar; undefined while it says nothing. */
const expected = (name: Column, bar: number) => taLibRows[bar]![taLibColumns.indexOf(name)] ?? undefined

function expectLikeTaLib(name: Column, values: readonly (number | undefined)[]): void {
  values.forEach((value, bar) => {
    const wanted = expected(name, bar)
    if (wanted === undefined) expect(value, `${name} at bar ${bar}`).toBeUndefined()
    else expect(Math.abs(value! - wanted), `${name} at bar ${bar}`).toBeLessThan(1e-9)
  })
}

describe('indicators say what TA-Lib says', () => {
  it('RSI', () => {
    const state = startRelativeStrength()
    expectLikeTaLib('rsi', closes.map((close, i) => (i === 0 ? undefined : nextRelativeStrength(state, close - closes[i - 1]!, 14))))
  })

  it('ATR', () => {
    const state = startAverageTrueRange()
    expectLikeTaLib('atr', closes.map((_, i) =>
      i === 0 ? undefined : nextAverageTrueRange(state, trueRange({ high: highs[i]!, low: lows[i]! }, closes[i - 1]!), 14)))
  })

  it('MACD, from where its signal begins', () => {
    const state = startConvergence()
    const values = closes.map((_, i) => (i + 1 < convergenceWarmUp ? undefined : nextConvergence(state, closes.slice(0, i + 1))))
    // TA-Lib shows the line only where it has the signal too.
    expectLikeTaLib('macd', values.map((value) => (value?.signal === undefined ? undefined : value.line)))
    expectLikeTaLib('signal', values.map((value) => value?.signal))
    expectLikeTaLib('histogram', values.map((value) => (value?.signal === undefined ? undefined : value.line - value.signal)))
    expect(values.findIndex((value) => value !== undefined)).toBe(25)
  })

  it('Bollinger bands', () => {
    closes.forEach((close, i) => {
      const upper = expected('upper', i)
      if (upper === undefined) return
      const [middle, lower] = [expected('middle', i)!, expected('lower', i)!]
      const { percentB, width } = bollinger(closes.slice(0, i + 1), 20)
      expect(percentB).toBeCloseTo((close - lower) / (upper - lower), 9)
      expect(width).toBeCloseTo((upper - lower) / middle, 9)
    })
  })
})

describe('series that do not move', () => {
  it('are neither strong nor weak, within their bands, and deviate by nothing', () => {
    fc.assert(fc.property(fc.double({ min: 1e-8, max: 1e8, noNaN: true }), (price) => {
      const flat = Array.from({ length: 48 }, () => price)
      const strength = startRelativeStrength()
      for (let i = 0; i < 20; i++) nextRelativeStrength(strength, 0, 14)
      expect(nextRelativeStrength(strength, 0, 14)).toBe(50)
      expect(standardScore(flat, 48)).toBe(0)
      expect(bollinger(flat, 20)).toEqual({ percentB: 0.5, width: 0 })
      expect(spreadOfNewest(flat, 48).deviation).toBe(0)
    }))
  })
})

it('reads only the newest values of a window', () => {
  const values = [1000, -7, 3, 4]
  expect(spreadOfNewest(values, 2)).toEqual({ mean: 3.5, deviation: 0.5 })
  expect(standardScore(values, 2)).toBe(1)
  expect(realisedVolatility(values, 2)).toBe(5)
})
