import type { Panel } from '../panel.ts'
import { normaliseFeatures, presentAssets, type Normaliser } from '../normaliser.ts'
import { encoderOf, type GnnArchitecture } from './gnn.ts'

/** A panel as networks read it. */
export interface WindowSource {
  bars: number
  assets: number
  features: number
  /** Normalised, [N, T, F]: the window of an asset is one run of numbers. */
  byAsset: Float32Array
  /** [T, N]: 1 where the asset is present. */
  present: Uint8Array
}

/** Windows of some bars, laid out as the encoder wants them. */
export interface Windows {
  values: Float32Array
  shape: [number, number, number]
  /** [B, N], 1 or 0; undefined when all are present. */
  present: Float32Array | undefined
}

/** @throws StreamForgeError MODEL_MISMATCH when the panel's features are not those of the normaliser */
export function toWindowSource(panel: Pick<Panel, 'features' | 'featureNames' | 'symbols'>, normaliser: Normaliser): WindowSource {
  const features = panel.featureNames.length
  const assets = panel.symbols.length
  const scaled = normaliseFeatures(panel, normaliser)
  const bars = scaled.length / (assets * features)
  const byAsset = new Float32Array(scaled.length)
  for (let t = 0; t < bars; t++) {
    for (let n = 0; n < assets; n++) {
      const from = (t * assets + n) * features
      const to = (n * bars + t) * features
      for (let f = 0; f < features; f++) byAsset[to + f] = scaled[from + f]!
    }
  }
  return { bars, assets, features, byAsset, present: presentAssets(panel) }
}

/** The windows that end with each of `bars`. What lies before the first bar of the panel is 0. */
export function cutWindows(source: WindowSource, architecture: GnnArchitecture, bars: ArrayLike<number>): Windows {
  const { layout, bars: lengthOf } = encoderOf(architecture)
  const rows = bars.length * source.assets
  const length = lengthOf(architecture.window)
  const { features } = source
  const values = new Float32Array(rows * length * features)
  for (let b = 0; b < bars.length; b++) {
    const last = bars[b]!
    const known = Math.min(architecture.window, last + 1)
    for (let n = 0; n < source.assets; n++) {
      const row = b * source.assets + n
      const from = (n * source.bars + last + 1 - known) * features
      if (layout === 'row') values.set(source.byAsset.subarray(from, from + known * features), (row * length + length - known) * features)
      else copyBarByBar({ values, rows, row, first: length - known }, source, from, known)
    }
  }
  return { values, shape: layout === 'row' ? [rows, length, features] : [length, rows, features], present: presentAt(source, bars) }
}

function copyBarByBar(to: { values: Float32Array; rows: number; row: number; first: number }, { byAsset, features }: WindowSource, from: number, count: number): void {
  for (let step = 0; step < count; step++) {
    const at = ((to.first + step) * to.rows + to.row) * features
    for (let f = 0; f < features; f++) to.values[at + f] = byAsset[from + step * features + f]!
  }
}

function presentAt({ present, assets }: WindowSource, bars: ArrayLike<number>): Float32Array | undefined {
  const values = new Float32Array(bars.length * assets)
  let all = true
  for (let b = 0; b < bars.length; b++) {
    for (let n = 0; n < assets; n++) {
      const here = present[bars[b]! * assets + n]!
      values[b * assets + n] = here
      all &&= here === 1
    }
  }
  return all ? undefined : values
}
