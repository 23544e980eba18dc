import type { Tensor } from '@tensorflow/tfjs-core'
import type { ParameterSpec, Weights } from './parameters.ts'
import type { Tensors } from './tensor-flow.ts'

export interface EncoderShape {
  /** Bars that are looked at. */
  window: number
  features: number
  hidden: number
}

/** Makes one vector of the last bars of each asset. Rows are (bar of the batch, asset) pairs. */
export interface Encoder {
  /** How windows are laid out: `row` is [rows, bars, features], `bar` is [bars, rows, features]. */
  layout: 'row' | 'bar'
  /** Bars of a window as it is handed over: at least the shape's; what is too many comes first and is 0. */
  bars: (window: number) => number
  specs: (shape: EncoderShape) => ParameterSpec[]
  /** -> [rows, hidden] */
  encode: (tensors: Tensors, weights: Weights, windows: Tensor, shape: EncoderShape) => Tensor
}
