import { normaliseFeatures, presentAssets, type Normaliser } from '../normaliser.ts'
import { encoderOf, type GnnArchitecture } from './gnn.ts'
import type { Windows } from './windows.ts'

/** One bar of all assets, as whoever keeps the newest bars has it. */
export interface KeptBar {
  /** [N, F]; NaN: not known. */
  readonly features: Float32Array
  /** Another one after the features have changed. */
  readonly revision: number
}

export interface BarWindowsPlan {
  architecture: GnnArchitecture
  normaliser: Normaliser
  assets: number
}

/** The windows of one bar; the next call overwrites them. */
export interface BarWindows extends Windows {
  /** [N]: 1 where the asset is present in the bar. */
  presentAssets: Uint8Array
}

interface NormalisedBar {
  revision: number
  values: Float32Array
  present: Uint8Array
}

/**
 * Makes the windows that end with one bar, bar after bar: of two windows that follow one another all bars but one are the same, and are normalised once.
 * Bit for bit what `cutWindows` makes of the same bars.
 */
export function openBarWindows({ architecture, normaliser, assets }: BarWindowsPlan): (bars: readonly (KeptBar | undefined)[]) => BarWindows {
  const { layout, bars: lengthOf } = encoderOf(architecture)
  const { window, features } = architecture
  const length = lengthOf(window)
  const values = new Float32Array(assets * length * features)
  const shape: Windows['shape'] = layout === 'row' ? [assets, length, features] : [length, assets, features]
  const absent = new Uint8Array(assets)
  const normalised = new WeakMap<KeptBar, NormalisedBar>()

  function normalise(bar: KeptBar): NormalisedBar {
    const known = normalised.get(bar)
    if (known?.revision === bar.revision) return known
    const panel = { features: bar.features, featureNames: normaliser.featureNames }
    const fresh = { revision: bar.revision, values: normaliseFeatures(panel, normaliser), present: presentAssets(panel) }
    normalised.set(bar, fresh)
    return fresh
  }

  return (bars) => {
    values.fill(0)
    bars.slice(-window).forEach((bar, t, { length: known }) => {
      if (bar) (layout === 'row' ? putByRow : putByBar)(values, normalise(bar).values, { step: length - known + t, length, assets, features })
    })
    const newest = bars.at(-1)
    const present = newest ? normalise(newest).present : absent
    return { values, shape, presentAssets: present, present: present.includes(0) ? Float32Array.from(present) : undefined }
  }
}

interface Place {
  step: number
  length: number
  assets: number
  features: number
}

/** Into [N, bars, F]. For a few values a loop is many times as fast as `set`. */
function putByRow(values: Float32Array, bar: Float32Array, { step, length, assets, features }: Place): void {
  for (let n = 0; n < assets; n++) {
    const from = n * features
    const to = (n * length + step) * features
    for (let f = 0; f < features; f++) values[to + f] = bar[from + f]!
  }
}

/** Into [bars, N, F]. */
function putByBar(values: Float32Array, bar: Float32Array, { step }: Place): void {
  values.set(bar, step * bar.length)
}
