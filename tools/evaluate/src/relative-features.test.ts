import { emptyPanel } from '@streamforge/models'
import { expect, it } from 'vitest'
import type { Dataset } from './dataset.ts'
import { withRelativeFeatures } from './relative-features.ts'

const none = { from: 0, to: 0 }
const dataset = (features: number[]): Dataset => ({
  name: 'test', description: 'a test', window: 1, blockBars: 1, relations: { kinds: [], weights: [] }, split: { train: none, validation: none, test: none },
  panel: { ...emptyPanel(['A', 'B', 'C'], ['x', 'y'], Float64Array.of(0, 1), 1), features: Float32Array.from(features) },
})

it('takes from each feature its mean over the assets of the bar that are known, and nothing from what is not', () => {
  const given = dataset([
    1, 10, 2, 20, 6, 60,
    5, NaN, NaN, NaN, 7, NaN,
  ])
  const { panel, description } = withRelativeFeatures(given)
  expect([...panel.features]).toEqual([
    -2, -20, -1, -10, 3, 30,
    -1, NaN, NaN, NaN, 1, NaN,
  ])
  expect(given.panel.features[0]).toBe(1)
  expect(description).toContain('less their mean')
})
