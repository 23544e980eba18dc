import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AssetRelations, Panel } from '../panel.ts'
import { checkRelations } from './check-relations.ts'
import { runGnn, type Gnn } from './gnn.ts'
import type { GnnModel } from './gnn-model.ts'
import { toTensors } from './parameters.ts'
import { disposeRelations, toRelationTensors } from './relation-attention.ts'
import type { Tensors } from './tensor-flow.ts'
import { cutWindows, toWindowSource, type Windows, type WindowSource } from './windows.ts'

/** Elements of the largest tensor of one run, [bars, N, N]: bounds memory where there are many assets. */
const largestPairs = 2 ** 22
const mostBars = 64

/** How many bars of N assets are worked on at once. */
export const barsAtOnce = (assets: number, wanted = mostBars) => Math.max(1, Math.min(wanted, Math.floor(largestPairs / assets ** 2)))

/** A network that is ready to run: its parameters and relations are tensors until it is disposed of. */
export interface Forecaster {
  /** Forecasts [B, N] in units of the target's scale, for assets that are absent too. */
  run: (windows: Windows, bars: number) => Float32Array
  dispose: () => void
}

/** @throws StreamForgeError MODEL_MISMATCH when the relations are of other kinds, or of another number of assets */
export function openForecaster(tensors: Tensors, { architecture, parameters }: Gnn, relations: AssetRelations, assets: number): Forecaster {
  const { tf } = tensors
  const chosen = checkRelations(architecture.relationKinds, relations, assets)
  const weights = toTensors(tf, parameters)
  const constants = toRelationTensors(tf, chosen, assets)
  return {
    run: ({ values, shape, present }, bars) => tf.tidy(() => {
      const input = { windows: tf.tensor(values, shape, 'float32'), bars, assets, present: present && tf.tensor(present, [bars, assets], 'float32') }
      return Float32Array.from(runGnn(tensors, architecture, weights, constants, input).dataSync())
    }),
    dispose() {
      Object.values(weights).forEach((tensor) => tensor.dispose())
      disposeRelations(constants)
    },
  }
}

/**
 * Forecasts of some bars of a panel as simple returns, [bars, N]; NaN where an asset is absent or its window is not complete. Other work of the process
 * goes on between batches.
 * @throws StreamForgeError MODEL_MISMATCH when features or relations do not fit the model
 */
export async function predictGnn(tensors: Tensors, model: GnnModel, panel: Panel, relations: AssetRelations, bars: ArrayLike<number>): Promise<Float32Array> {
  const source = toWindowSource(panel, model.normaliser)
  const forecaster = openForecaster(tensors, model, relations, source.assets)
  try {
    const scaled = await forecastBars(forecaster, model, source, bars)
    return scaled.map((value) => value * model.normaliser.targetScale)
  } finally {
    forecaster.dispose()
  }
}

/** Forecasts in units of the target's scale, NaN as in {@link predictGnn}. */
export async function forecastBars(forecaster: Forecaster, { architecture }: Gnn, source: WindowSource, bars: ArrayLike<number>): Promise<Float32Array> {
  const { assets } = source
  const all = Array.from(bars)
  const forecasts = new Float32Array(all.length * assets)
  const step = barsAtOnce(assets)
  for (let from = 0; from < all.length; from += step) {
    const part = all.slice(from, from + step)
    const windows = cutWindows(source, architecture, part)
    forecasts.set(forecaster.run(windows, part.length), from * assets)
    part.forEach((bar, b) => {
      for (let n = 0; n < assets; n++) {
        if (bar < architecture.window - 1 || source.present[bar * assets + n] === 0) forecasts[(from + b) * assets + n] = NaN
      }
    })
    await nextTurn()
  }
  return forecasts
}
