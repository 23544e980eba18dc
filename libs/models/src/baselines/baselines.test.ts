import { describe, expect, it } from 'vitest'
import { fitNormaliser } from '../normaliser.ts'
import { emptyPanel, forwardReturns, type Panel } from '../panel.ts'
import { seededRandom } from '../seeded-random.ts'
import { barSeries } from '../score-forecasts.ts'
import { splitByShare } from '../time-split.ts'
import { solvePositiveDefinite } from './cholesky.ts'
import { predictLinear, trainLinear } from './linear.ts'
import { forecastLastValue, forecastMomentum, forecastReversal } from './trivial-forecasts.ts'

/** Prices whose next return is `weight * x` and noise, x being the feature two bars ago. */
function market(bars: number, assets: number, weight: number): Panel {
  const random = seededRandom(5)
  const normal = () => random() + random() + random() + random() - 2
  const symbols = Array.from({ length: assets }, (_, n) => `A${n}`)
  const panel = emptyPanel(symbols, ['x', 'other'], Float64Array.from({ length: bars }, (_, t) => t), 1)
  for (let t = 0; t < bars; t++) {
    for (let n = 0; n < assets; n++) {
      const cell = t * assets + n
      panel.features.set([normal(), normal()], cell * 2)
      const driver = t > 2 ? panel.features[(cell - 3 * assets) * 2]! : 0
      panel.close[cell] = t === 0 ? 100 : panel.close[cell - assets]! * (1 + 0.001 * (weight * driver + normal()))
    }
  }
  return { ...panel, returns: forwardReturns(panel.close, assets, 1) }
}

describe('the linear baseline', () => {
  it('finds the weight that was planted, two bars back', async () => {
    const panel = market(600, 4, 1)
    const split = splitByShare({ bars: 600, window: 9, horizon: 1, train: 0.6, validation: 0.2 })
    const normaliser = fitNormaliser(panel, split.train)
    const model = await trainLinear({ panel, split, normaliser, window: 9 })
    const effects = [...model.weights].map((weight) => weight * normaliser.targetScale * 1000 / normaliser.scales[0]!)
    expect(effects[model.lags.indexOf(2) * 2]).toBeCloseTo(1, 0)
    effects.filter((_, i) => i !== model.lags.indexOf(2) * 2).forEach((effect) => expect(Math.abs(effect)).toBeLessThan(0.2))
    const forecast = predictLinear(model, panel, split.test)
    const truth = panel.returns.subarray(split.test.from * 4, split.test.to * 4)
    const { ic } = barSeries({ forecast, truth, assets: 4, horizonBars: 1 })
    expect(ic.sums.reduce((sum, value) => sum + value, 0) / ic.sums.length).toBeGreaterThan(0.5)
  })

  it('says what is missing where it cannot be fitted', async () => {
    const panel = market(40, 1, 1)
    const split = { train: { from: 8, to: 12 }, validation: { from: 20, to: 25 }, test: { from: 30, to: 35 } }
    await expect(trainLinear({ panel, split, normaliser: fitNormaliser(panel, split.train), window: 9 })).rejects.toMatchObject({ code: 'BAD_TRAINING_DATA' })
  })
})

describe('trivial forecasts', () => {
  it('say nothing, the same again, and the opposite', () => {
    const panel = { ...market(5, 1, 0), close: Float64Array.of(10, 11, NaN, 12, 9) }
    const bars = { from: 0, to: 5 }
    expect([...forecastLastValue(panel, bars)]).toEqual([0, 0, NaN, 0, 0])
    expect([...forecastMomentum(panel, bars)]).toEqual([NaN, 11 / 10 - 1, NaN, NaN, 9 / 12 - 1].map(Math.fround))
    expect([...forecastReversal(panel, bars)]).toEqual([NaN, 1 - 11 / 10, NaN, NaN, 1 - 9 / 12].map(Math.fround))
  })
})

describe("Cholesky's factorisation", () => {
  it('solves what is positive definite, and refuses the rest', () => {
    // numpy.linalg.solve([[4, 2, 1], [2, 5, 3], [1, 3, 6]], [1, 2, 3])
    const x = solvePositiveDefinite(Float64Array.of(4, 2, 1, 2, 5, 3, 1, 3, 6), Float64Array.of(1, 2, 3))!
    ;[0.08955223880597016, 0.10447761194029853, 0.43283582089552236].forEach((value, i) => expect(x[i]).toBeCloseTo(value, 12))
    expect(solvePositiveDefinite(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1))).toBeUndefined()
  })
})
