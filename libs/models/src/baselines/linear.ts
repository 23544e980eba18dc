import { setImmediate as nextTurn } from 'node:timers/promises'
import { StreamForgeError } from '@streamforge/contracts'
import { normaliseFeatures, type Normaliser, presentAssets } from '../normaliser.ts'
import type { Panel } from '../panel.ts'
import type { BarRange, TimeSplit } from '../time-split.ts'
import { solvePositiveDefinite } from './cholesky.ts'

/** Ridge regression of the next return on the features of some bars, one for all assets. */
export interface LinearModel {
  normaliser: Normaliser
  /** Bars back of the features that go in; 0: the newest bar. */
  lags: readonly number[]
  /** Of each lag's features, then the constant. */
  weights: Float64Array
  /** The penalty chosen, a share of the mean variance of the inputs. */
  penalty: number
}

export interface LinearOptions {
  panel: Panel
  split: TimeSplit
  normaliser: Normaliser
  /** Bars of the input window: no lag reaches further. */
  window: number
  signal?: AbortSignal | undefined
}

const allLags = [0, 1, 2, 4, 8]
const penalties = [1e-3, 1e-2, 1e-1, 1, 10]
/** More rows than this are thinned evenly: the few hundred weights are known well enough by then. */
const largestSample = 200_000
/** Targets beyond this many scales are cut, as least squares would be about them alone. */
const targetClip = 10
const rowsATurn = 5_000

/** In closed form, with the penalty that has the least squared error on the validation part. @throws StreamForgeError BAD_TRAINING_DATA */
export async function trainLinear({ panel, split, normaliser, window, signal }: LinearOptions): Promise<LinearModel> {
  const lags = allLags.filter((lag) => lag < window)
  const inputs = linearInputs(panel, normaliser, lags)
  const { gram, moments, rows } = await accumulate(panel, inputs, split.train, normaliser, signal)
  if (rows < inputs.width) {
    throw new StreamForgeError('BAD_TRAINING_DATA', `a linear model of ${inputs.width} weights needs as many rows; ${rows} are known in the training part`, { remedy: 'load a longer time range' })
  }
  const models = penalties.flatMap((penalty): LinearModel[] => {
    const weights = solvePositiveDefinite(penalised(gram, inputs.width, penalty, rows), moments)
    return weights ? [{ normaliser, lags, weights, penalty }] : []
  })
  const errors = models.map((model) => squaredError(panel, predictFrom(model, inputs, panel, split.validation), split.validation))
  return models[errors.indexOf(Math.min(...errors))]!
}

/** Simple returns, [bars, assets]; NaN where an asset is not present. @throws StreamForgeError MODEL_MISMATCH */
export function predictLinear(model: LinearModel, panel: Panel, bars: BarRange): Float32Array {
  return predictFrom(model, linearInputs(panel, model.normaliser, model.lags), panel, bars)
}

interface LinearInputs {
  scaled: Float32Array
  present: Uint8Array
  lags: readonly number[]
  features: number
  assets: number
  /** Inputs of a row, the constant among them. */
  width: number
}

function linearInputs(panel: Panel, normaliser: Normaliser, lags: readonly number[]): LinearInputs {
  const features = panel.featureNames.length
  return {
    scaled: normaliseFeatures(panel, normaliser), present: presentAssets(panel), lags, features, assets: panel.symbols.length,
    width: lags.length * features + 1,
  }
}

/** Writes the inputs of one asset in one bar into `row`; false where the asset is not present. */
function readRow({ scaled, present, lags, features, assets, width }: LinearInputs, cell: number, row: Float64Array): boolean {
  if (present[cell] !== 1) return false
  for (let l = 0; l < lags.length; l++) {
    const from = (cell - lags[l]! * assets) * features
    for (let f = 0; f < features; f++) row[l * features + f] = from < 0 ? 0 : scaled[from + f]!
  }
  row[width - 1] = 1
  return true
}

async function accumulate(panel: Panel, inputs: LinearInputs, { from, to }: BarRange, { targetScale }: Normaliser, signal: AbortSignal | undefined) {
  const { width, assets } = inputs
  const gram = new Float64Array(width * width)
  const moments = new Float64Array(width)
  const row = new Float64Array(width)
  const step = Math.max(1, Math.ceil(((to - from) * assets) / largestSample))
  let rows = 0
  for (let cell = from * assets; cell < to * assets; cell += step) {
    const target = panel.returns[cell]! / targetScale
    if (Number.isNaN(target) || !readRow(inputs, cell, row)) continue
    addRow(gram, moments, row, Math.max(-targetClip, Math.min(targetClip, target)))
    if (++rows % rowsATurn === 0) {
      signal?.throwIfAborted()
      await nextTurn()
    }
  }
  return { gram, moments, rows }
}

/** The lower half of the Gram matrix is all that the solver reads. */
function addRow(gram: Float64Array, moments: Float64Array, row: Float64Array, target: number): void {
  const width = row.length
  for (let i = 0; i < width; i++) {
    const value = row[i]!
    if (value === 0) continue
    moments[i]! += value * target
    const at = i * width
    for (let j = 0; j <= i; j++) gram[at + j]! += value * row[j]!
  }
}

/** The constant is not penalised, except so little that a column of zeros does no harm. */
function penalised(gram: Float64Array, width: number, penalty: number, rows: number): Float64Array {
  const matrix = Float64Array.from(gram)
  for (let i = 0; i < width; i++) matrix[i * width + i]! += rows * (i === width - 1 ? 1e-9 : penalty)
  return matrix
}

function predictFrom(model: LinearModel, inputs: LinearInputs, panel: Panel, { from, to }: BarRange): Float32Array {
  const assets = panel.symbols.length
  const row = new Float64Array(inputs.width)
  return Float32Array.from({ length: (to - from) * assets }, (_, i) => {
    if (!readRow(inputs, from * assets + i, row)) return NaN
    let sum = 0
    for (let j = 0; j < row.length; j++) sum += row[j]! * model.weights[j]!
    return sum * model.normaliser.targetScale
  })
}

function squaredError(panel: Panel, forecast: Float32Array, { from }: BarRange): number {
  const assets = panel.symbols.length
  let sum = 0
  forecast.forEach((value, i) => {
    const error = value - panel.returns[from * assets + i]!
    if (!Number.isNaN(error)) sum += error * error
  })
  return sum
}
