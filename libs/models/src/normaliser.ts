import { StreamForgeError } from '@streamforge/contracts'
import type { Panel } from './panel.ts'
import { median, medianAbsoluteDeviation } from './order-statistics.ts'
import type { BarRange } from './time-split.ts'

/** Robust z-scores, fitted on training bars only: `(x - centre) / scale`, cut to -clip..clip; what is not known becomes 0. */
export interface Normaliser {
  featureNames: readonly string[]
  centres: readonly number[]
  scales: readonly number[]
  clip: number
  /** Typical size of the target (1.4826 times its median absolute deviation from 0): a model learns `return / targetScale`. */
  targetScale: number
}

/** Share of a row's features that must be known for the asset to count as present in that bar. */
const knownShare = 0.5
/** Makes the median absolute deviation of normal numbers their standard deviation: 1 / Phi^-1(3/4). */
const madToDeviation = 1.4826
const largestSample = 100_000

/**
 * @throws StreamForgeError BAD_TRAINING_DATA when no return is known in the training bars, CONSTANT_SERIES when all are 0
 */
export function fitNormaliser(panel: Panel, train: BarRange, options: { clip?: number } = {}): Normaliser {
  const { clip = 5 } = options
  const centres: number[] = []
  const scales: number[] = []
  for (let f = 0; f < panel.featureNames.length; f++) {
    const values = sample(panel.features, panel, train, { width: panel.featureNames.length, column: f })
    const centre = median(values)
    centres.push(Number.isFinite(centre) ? centre : 0)
    scales.push(robustScale(values, centre))
  }
  const targets = sample(panel.returns, panel, train, { width: 1, column: 0 })
  const targetScale = madToDeviation * medianAbsoluteDeviation(targets, 0) || rootMeanSquare(targets)
  if (targets.length === 0 || !(targetScale > 0)) throw noTargets(panel, targets.length)
  return { featureNames: panel.featureNames, centres, scales, clip, targetScale }
}

/** [T, N, F] for a model: finite everywhere. @throws StreamForgeError MODEL_MISMATCH when the features are others */
export function normaliseFeatures(panel: Pick<Panel, 'features' | 'featureNames'>, normaliser: Normaliser): Float32Array {
  checkFeatureNames(panel.featureNames, normaliser.featureNames)
  const { centres, scales, clip } = normaliser
  const width = centres.length
  const scaled = new Float32Array(panel.features.length)
  for (let i = 0; i < scaled.length; i += width) {
    for (let f = 0; f < width; f++) {
      const z = (panel.features[i + f]! - centres[f]!) / scales[f]!
      scaled[i + f] = z > clip ? clip : z < -clip ? -clip : z === z ? z : 0
    }
  }
  return scaled
}

/** [T, N]: 1 where the asset is present in the bar, that is where at least half of its features are known. */
export function presentAssets(panel: Pick<Panel, 'features' | 'featureNames'>): Uint8Array {
  const width = panel.featureNames.length
  const present = new Uint8Array(panel.features.length / width)
  for (let cell = 0; cell < present.length; cell++) {
    let known = 0
    for (let f = 0; f < width; f++) if (Number.isFinite(panel.features[cell * width + f]!)) known++
    present[cell] = known >= width * knownShare ? 1 : 0
  }
  return present
}

/** @throws StreamForgeError MODEL_MISMATCH */
export function checkFeatureNames(given: readonly string[], expected: readonly string[]): void {
  if (given.length === expected.length && given.every((name, f) => name === expected[f])) return
  const missing = expected.filter((name) => !given.includes(name))
  const unknown = given.filter((name) => !expected.includes(name))
  throw new StreamForgeError('MODEL_MISMATCH',
    `the features do not fit the model: ${missing.length} missing (${missing.slice(0, 5).join(', ')}), ${unknown.length} unknown (${unknown.slice(0, 5).join(', ')}), ${expected.length} expected in their order`, {
      remedy: 'use the feature set that the model was trained on, or train a new model', details: { missing, unknown },
    })
}

/** A feature that does not change tells nothing: its scale is 1, and it becomes 0. */
function robustScale(values: Float64Array, centre: number): number {
  const byMedian = madToDeviation * medianAbsoluteDeviation(values, centre)
  if (byMedian > 0) return byMedian
  // More than half of the values are equal (a flag, a count that is mostly 0): their deviation still says how far the others are.
  return rootMeanSquare(values.map((value) => value - centre)) || 1
}

function rootMeanSquare(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value * value
  return values.length === 0 ? 0 : Math.sqrt(sum / values.length)
}

/** Known values of one column within the training bars, evenly thinned where there are very many. */
function sample(array: Float32Array, panel: Panel, { from, to }: BarRange, { width, column }: { width: number; column: number }): Float64Array {
  const assets = panel.symbols.length
  const cells = (to - from) * assets
  const step = Math.max(1, Math.ceil(cells / largestSample))
  const values = new Float64Array(Math.ceil(cells / step))
  let count = 0
  for (let cell = from * assets; cell < to * assets; cell += step) {
    const value = array[cell * width + column]!
    if (Number.isFinite(value)) values[count++] = value
  }
  return values.subarray(0, count)
}

function noTargets(panel: Panel, known: number): StreamForgeError {
  const of = `in the training bars of ${panel.symbols.length} symbols: there is nothing to learn`
  const remedy = 'load data of symbols that trade in the time range'
  return known === 0
    ? new StreamForgeError('BAD_TRAINING_DATA', `no return is known ${of}`, { remedy })
    : new StreamForgeError('CONSTANT_SERIES', `no price changes ${of}`, { remedy })
}
