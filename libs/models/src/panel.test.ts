import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitNormaliser, normaliseFeatures, presentAssets } from './normaliser.ts'
import { buildPanel, type PanelRow } from './panel.ts'
import { purgedBars, splitByShare, splitTime } from './time-split.ts'

const symbols = ['AAA', 'BBB', 'CCC']
const featureNames = ['one', 'two']
const minute = 60_000

/** Rows of a market of `bars` minutes in which a few are missing, known up to two bars late. */
const markets = fc.integer({ min: 24, max: 50 }).chain((bars) => fc.array(
  fc.record({
    close: fc.double({ min: 0.5, max: 100, noNaN: true }), values: fc.tuple(fc.double({ min: -9, max: 9, noNaN: true }), fc.option(fc.double({ min: -9, max: 9, noNaN: true }))),
    delay: fc.integer({ min: 0, max: 2 * minute }), missing: fc.integer({ min: 0, max: 9 }),
  }), { minLength: bars * symbols.length, maxLength: bars * symbols.length },
).map((cells) => cells.flatMap(({ missing, delay, ...row }, i): PanelRow[] => {
  const openTime = Math.floor(i / symbols.length) * minute
  return missing === 0 ? [] : [{ ...row, symbol: symbols[i % symbols.length]!, openTime, knownTime: openTime + minute + delay }]
})))

describe('a panel', () => {
  it('never shows the future: whatever comes after a bar changes no row, no scale and no target of what was known', () => {
    fc.assert(fc.property(markets, fc.integer({ min: 8, max: 20 }), fc.integer({ min: 1, max: 3 }), (rows, cut, horizonBars) => {
      const openTimes = Array.from({ length: 50 }, (_, t) => t * minute)
      const asOf = cut * minute
      const probe = rows.map((row) => (row.knownTime <= asOf ? row : { ...row, close: row.close * 7, values: [99, -99] }))
      const known = buildPanel({ symbols, featureNames, horizonBars, asOf, openTimes }, rows)
      expect(buildPanel({ symbols, featureNames, horizonBars, asOf, openTimes }, probe)).toEqual(known)
      // Also where everything is known today: rows of bars up to the cut, and targets that end by it, are as they were.
      const today = buildPanel({ symbols, featureNames, horizonBars, openTimes }, rows)
      const shifted = buildPanel({ symbols, featureNames, horizonBars, openTimes }, rows.map((row) => (row.openTime < asOf ? row : { ...row, close: row.close + 1, values: [7, 7] })))
      const cells = cut * symbols.length
      expect(shifted.features.subarray(0, cells * 2)).toEqual(today.features.subarray(0, cells * 2))
      expect(shifted.close.subarray(0, cells)).toEqual(today.close.subarray(0, cells))
      expect(shifted.returns.subarray(0, (cut - horizonBars) * symbols.length)).toEqual(today.returns.subarray(0, (cut - horizonBars) * symbols.length))
    }), { numRuns: 60 })
  })

  it('holds the return from one close to that of horizon bars on, and nothing across what is missing', () => {
    const closes = [10, 11, 0, 13.2, 12]
    const rows = closes.map((close, t): PanelRow => ({ symbol: 'AAA', openTime: t, knownTime: t + 1, close, values: [t] }))
    const panel = buildPanel({ symbols: ['AAA'], featureNames: ['t'], horizonBars: 1 }, rows)
    expect([...panel.returns]).toEqual([Math.fround(11 / 10 - 1), NaN, NaN, Math.fround(12 / 13.2 - 1), NaN])
  })

  it('refuses rows of another feature set', () => {
    const row: PanelRow = { symbol: 'AAA', openTime: 0, knownTime: 0, close: 1, values: [1] }
    expect(() => buildPanel({ symbols, featureNames, horizonBars: 1 }, [row])).toThrow(expect.objectContaining({ code: 'BAD_TRAINING_DATA' }))
  })
})

describe('a split', () => {
  const plans = fc.record({
    bars: fc.integer({ min: 60, max: 400 }), window: fc.integer({ min: 1, max: 8 }), horizon: fc.integer({ min: 1, max: 4 }), embargo: fc.integer({ min: 0, max: 3 }),
    train: fc.double({ min: 0.4, max: 0.6, noNaN: true }), validation: fc.constant(0.25),
  })
  it('lets no part touch a bar of the next: neither rows, nor targets, nor windows', () => {
    fc.assert(fc.property(plans, (plan) => {
      const { train, validation, test } = splitByShare(plan)
      for (const [earlier, later] of [[train, validation], [validation, test]] as const) {
        const lastTarget = earlier.to - 1 + plan.horizon
        const firstWindow = later.from - plan.window + 1
        expect(firstWindow - lastTarget).toBe(1 + plan.embargo)
        expect(later.from).toBe(earlier.to + purgedBars(plan))
      }
      expect(train.from).toBe(plan.window - 1)
      expect(test.to + plan.horizon).toBe(plan.bars)
    }))
  })

  it('says that there are too few bars', () => {
    expect(() => splitTime({ bars: 50, window: 16, horizon: 1, validationFrom: 30, testFrom: 45 })).toThrow(expect.objectContaining({ code: 'TOO_FEW_BARS' }))
  })
})

describe('the normaliser', () => {
  const panelOf = (values: (number | null)[]) => buildPanel({ symbols: ['AAA'], featureNames: ['x', 'flat'], horizonBars: 1 },
    values.map((value, t): PanelRow => ({ symbol: 'AAA', openTime: t, knownTime: t, close: 10 + (t % 3), values: [value, 4] })))

  it('is fitted on training bars only', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 20, maxLength: 40 }), (values) => {
      const later = values.map((value, t) => (t < 10 ? value : value * 1000 + 1))
      const [a, b] = [values, later].map((list) => fitNormaliser(panelOf(list), { from: 0, to: 10 }))
      expect(a).toEqual(b)
    }))
  })

  it('makes everything finite: cuts what is far out, and puts 0 where nothing is known or nothing varies', () => {
    const panel = panelOf([1, 2, 3, 4, 5, null, 1e9])
    const normaliser = fitNormaliser(panel, { from: 0, to: 5 }, { clip: 4 })
    expect(normaliser.centres).toEqual([3, 4])
    expect(normaliser.scales[0]).toBeCloseTo(1.4826, 12)
    const scaled = normaliseFeatures(panel, normaliser)
    expect(scaled[10]).toBe(0)
    expect(scaled[12]).toBe(4)
    expect([...scaled].filter((_, i) => i % 2 === 1)).toEqual(new Array(7).fill(0))
    expect([...presentAssets(panel)]).toEqual([1, 1, 1, 1, 1, 1, 1])
  })

  it('refuses prices that never change, and features that are others', () => {
    const flat = buildPanel({ symbols: ['AAA'], featureNames: ['x'], horizonBars: 1 },
      Array.from({ length: 9 }, (_, t): PanelRow => ({ symbol: 'AAA', openTime: t, knownTime: t, close: 10, values: [t] })))
    expect(() => fitNormaliser(flat, { from: 0, to: 8 })).toThrow(expect.objectContaining({ code: 'CONSTANT_SERIES' }))
    const normaliser = fitNormaliser(panelOf([1, 2, 3, 4, 5]), { from: 0, to: 4 })
    expect(() => normaliseFeatures({ features: new Float32Array(2), featureNames: ['flat', 'x'] }, normaliser)).toThrow(expect.objectContaining({ code: 'MODEL_MISMATCH' }))
  })
})
