import type { Tensor } from '@tensorflow/tfjs-core'
import type { AssetRelations } from '../panel.ts'
import { glorotBound, type ParameterSpec, type Weights } from './parameters.ts'
import type { TensorFlow } from './tensor-flow.ts'

/** Relations as attention needs them, one pair of constants a kind. */
export interface RelationTensors {
  kinds: readonly string[]
  /** [1, N, N]: log of the relation's strength, {@link noEdge} where there is none. */
  bias: Tensor[]
  /** [1, N, N]: the relation's sign; 0 where there is none. */
  sign: Tensor[]
}

/** Leaves nothing of a weight after softmax, and stays finite when it is added twice. */
const noEdge = -1e9

/** Whoever calls disposes of them with {@link disposeRelations}. */
export function toRelationTensors(tf: TensorFlow, relations: AssetRelations, assets: number): RelationTensors {
  const matrix = (weights: Float32Array, of: (weight: number) => number) => tf.tensor(Float32Array.from(weights, of), [1, assets, assets], 'float32')
  return {
    kinds: relations.kinds,
    bias: relations.weights.map((weights) => matrix(weights, (weight) => (weight === 0 ? noEdge : Math.log(Math.abs(weight))))),
    sign: relations.weights.map((weights) => matrix(weights, Math.sign)),
  }
}

export const disposeRelations = ({ bias, sign }: RelationTensors) => [...bias, ...sign].forEach((tensor) => tensor.dispose())

export const attentionSpecs = (kind: string, hidden: number): ParameterSpec[] => [
  { name: `attention/${kind}/value`, shape: [hidden, hidden], bound: glorotBound(hidden, hidden) },
  { name: `attention/${kind}/target`, shape: [hidden, 1], bound: glorotBound(hidden, 1) },
  { name: `attention/${kind}/source`, shape: [hidden, 1], bound: glorotBound(hidden, 1) },
]

export interface AttentionInput {
  /** [B * N, hidden]. */
  states: Tensor
  bars: number
  assets: number
  /** [B, N], 1 or 0; undefined when all assets are present in all bars. */
  present?: Tensor
}

/**
 * What each asset hears from those it is related to in one kind, [B * N, hidden]. Graph attention (Veličković et al. 2018) in which the strength of
 * a relation is the prior: `weight(i, j) = |w(i, j)| exp(e(i, j)) / sum over k of |w(i, k)| exp(e(i, k))`, with
 * `e(i, j) = LeakyReLU(target . V h(i) + source . V h(j))`. A negative relation hands on the negative. An asset without relations hears 0.
 */
export function attend(tf: TensorFlow, weights: Weights, relations: RelationTensors, kind: number, input: AttentionInput): Tensor {
  const { states, bars, assets, present } = input
  const name = `attention/${relations.kinds[kind]!}`
  const values = tf.matMul(states, weights[`${name}/value`]!)
  const score = (side: string, shape: number[]) => tf.reshape(tf.matMul(values, weights[`${name}/${side}`]!), shape)
  const scores = tf.leakyRelu(tf.add(score('target', [bars, assets, 1]), score('source', [bars, 1, assets])), 0.2)
  const missing = present && tf.mul(tf.sub(tf.reshape(present, [bars, 1, assets]), tf.scalar(1)), tf.scalar(-noEdge))
  const bias = missing ? tf.add(relations.bias[kind]!, missing) : relations.bias[kind]!
  const sign = present ? tf.mul(relations.sign[kind]!, tf.reshape(present, [bars, 1, assets])) : relations.sign[kind]!
  const shares = tf.mul(tf.softmax(tf.add(scores, bias)), sign)
  const hidden = states.shape[1]!
  return tf.reshape(tf.matMul(shares, tf.reshape(values, [bars, assets, hidden])), [bars * assets, hidden])
}
