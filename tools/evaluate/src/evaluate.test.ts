import { emptyPanel, forwardReturns, type Panel, seededRandom, splitByShare } from '@streamforge/models'
import { openTensors } from '@streamforge/models/tensors'
import { expect, it, vi } from 'vitest'
import type { Dataset } from './dataset.ts'
import { evaluate } from './evaluate.ts'
import { renderEvaluation } from './render-evaluation.ts'

vi.setConfig({ testTimeout: 300_000 })

/** Prices that go on as they went: the last return is 0.8 of the next one, and noise. */
function trending(bars: number, assets: number): Panel {
  const random = seededRandom(9)
  const symbols = Array.from({ length: assets }, (_, n) => `A${n}`)
  const panel = emptyPanel(symbols, ['return_1'], Float64Array.from({ length: bars }, (_, t) => Date.UTC(2024, 0, 1) + t * 300_000), 1)
  const last = new Float64Array(assets)
  for (let t = 0; t < bars; t++) {
    for (let n = 0; n < assets; n++) {
      last[n] = 0.8 * last[n]! + (random() - 0.5) * 0.01
      const cell = t * assets + n
      panel.close[cell] = (t === 0 ? 100 : panel.close[cell - assets]!) * (1 + last[n]!)
      panel.features[cell] = last[n]!
    }
  }
  return { ...panel, returns: forwardReturns(panel.close, assets, 1) }
}

it('scores all forecasters on the same bars and shows them in one table', async () => {
  const panel = trending(400, 6)
  const dataset: Dataset = {
    name: 'made up', description: 'Six assets that go on as they went', panel, window: 4, blockBars: 10, relations: { kinds: [], weights: [] },
    split: splitByShare({ bars: 400, window: 4, horizon: 1, train: 0.6, validation: 0.2 }),
  }
  const told: string[] = []
  const tensors = await openTensors({ prefer: 'wasm' })
  const result = await evaluate(dataset, { tensors, epochs: 2, seed: 1, encoder: 'default', tell: (line) => told.push(line) })
  expect(Object.keys(result.scores)).toEqual(['gnn', 'gru', 'linear', 'momentum', 'reversal', 'last_value'])
  expect(result.scores.momentum!.rank_ic!.low).toBeGreaterThan(0.4)
  expect(result.scores.linear!.rank_ic!.low).toBeGreaterThan(0.4)
  expect(result.scores.reversal!.rank_ic!.high).toBeLessThan(-0.4)
  expect(result.chanceAbove.reversal).toBe(1)
  // One at random comes to what all in equal parts come to, within three standard errors of a thousand runs.
  const { mean, deviation } = result.randomTop1
  expect(Math.abs(mean - result.scores.last_value!.irr_1_gross!.value)).toBeLessThan(3 * deviation / Math.sqrt(1000))
  expect(told.filter((line) => line.includes('epoch'))).toHaveLength(4)
  const rendered = renderEvaluation(result)
  const table = rendered.split('\n').filter((line) => line.startsWith('|'))
  expect(table).toHaveLength(8)
  expect(new Set(table.map((line) => line.split('|').length)).size).toBe(1)
  expect(rendered).toContain('Top 1 at random')
})
