import type { Panel } from '@streamforge/models'
import type { Dataset } from './dataset.ts'

/** The dataset with each feature less its mean over the assets of the bar: how assets differ within a bar is what ranks them. Targets stay. */
export function withRelativeFeatures(dataset: Dataset): Dataset {
  const { panel, description } = dataset
  return { ...dataset, panel: { ...panel, features: lessBarMeans(panel) }, description: `${description}; features less their mean over the assets of the bar` }
}

/** [T, N, F]. What is not known stays so, and has no part in the mean. */
function lessBarMeans({ features, symbols, featureNames }: Pick<Panel, 'features' | 'symbols' | 'featureNames'>): Float32Array {
  const width = featureNames.length
  const bar = symbols.length * width
  const relative = features.slice()
  for (let from = 0; from < features.length; from += bar) {
    for (let f = 0; f < width; f++) {
      const mean = meanOfKnown(features, { from: from + f, to: from + bar, step: width })
      for (let i = from + f; i < from + bar; i += width) relative[i] = features[i]! - mean
    }
  }
  return relative
}

function meanOfKnown(values: Float32Array, { from, to, step }: { from: number; to: number; step: number }): number {
  let sum = 0
  let known = 0
  for (let i = from; i < to; i += step) {
    if (Number.isNaN(values[i]!)) continue
    sum += values[i]!
    known++
  }
  return sum / known
}
