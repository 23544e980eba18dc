import type { Tensor } from '@tensorflow/tfjs-core'
import type { Encoder } from './encoder.ts'
import { nativeGru } from './gru-native.ts'
import { portableGru } from './gru-portable.ts'

/** Parameters of a gated recurrent unit, x and h stacked: first the rows of the features, then those of the state. */
export interface GruWeights {
  /** [features + hidden, 2 * hidden]: reset gate, then update gate. */
  gates: Tensor
  /** [2 * hidden]. */
  gatesBias: Tensor
  /** [features + hidden, hidden]. */
  candidate: Tensor
  /** [hidden]. */
  candidateBias: Tensor
}

/**
 * Gated recurrent unit (Cho et al. 2014), bar by bar; the last state counts:
 *
 *     r, u = sigmoid([x, h] gates + gatesBias)
 *     c    = tanh([x, r * h] candidate + candidateBias)
 *     h'   = (1 - u) * c + u * h
 *
 * Forward and backward are one operation to TensorFlow.js: its own tape over 32 bars costs more than the arithmetic.
 */
export const gruEncoder: Encoder = {
  layout: 'bar',
  bars: (window) => window,
  specs({ features, hidden }) {
    const bound = 1 / Math.sqrt(hidden)
    return [
      { name: 'encoder/gates', shape: [features + hidden, 2 * hidden], bound },
      { name: 'encoder/gatesBias', shape: [2 * hidden], bound: 0 },
      { name: 'encoder/candidate', shape: [features + hidden, hidden], bound },
      { name: 'encoder/candidateBias', shape: [hidden], bound: 0 },
    ]
  },
  encode(tensors, weights, windows) {
    const gru: GruWeights = {
      gates: weights['encoder/gates']!, gatesBias: weights['encoder/gatesBias']!,
      candidate: weights['encoder/candidate']!, candidateBias: weights['encoder/candidateBias']!,
    }
    return tensors.runKernel ? nativeGru(tensors.tf, tensors.runKernel, windows, gru) : portableGru(tensors.tf, windows, gru)
  },
}
