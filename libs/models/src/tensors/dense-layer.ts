import type { Tensor } from '@tensorflow/tfjs-core'
import { glorotBound, heBound, type ParameterSpec, type Weights } from './parameters.ts'
import type { TensorFlow } from './tensor-flow.ts'

export interface DenseShape {
  inputs: number
  outputs: number
  /** What follows, for its first values: he for relu, glorot for anything else. Default glorot. */
  init?: 'he' | 'glorot'
}

/** Parameters `<name>/kernel` [inputs, outputs] and `<name>/bias` [outputs]. */
export function denseSpecs(name: string, { inputs, outputs, init = 'glorot' }: DenseShape): ParameterSpec[] {
  return [
    { name: `${name}/kernel`, shape: [inputs, outputs], bound: init === 'he' ? heBound(inputs) : glorotBound(inputs, outputs) },
    { name: `${name}/bias`, shape: [outputs], bound: 0 },
  ]
}

/** [rows, inputs] -> [rows, outputs]. */
export const dense = (tf: TensorFlow, weights: Weights, name: string, x: Tensor): Tensor =>
  tf.add(tf.matMul(x, weights[`${name}/kernel`]!), weights[`${name}/bias`]!)
