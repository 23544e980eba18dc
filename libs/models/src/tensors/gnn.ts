import type { Tensor } from '@tensorflow/tfjs-core'
import { dense, denseSpecs } from './dense-layer.ts'
import type { Encoder } from './encoder.ts'
import { gruEncoder } from './gru-encoder.ts'
import { createParameters, type Parameters, type ParameterSpec, type Random, type Weights } from './parameters.ts'
import { attend, attentionSpecs, type RelationTensors } from './relation-attention.ts'
import { stridedEncoder } from './strided-encoder.ts'
import type { Tensors } from './tensor-flow.ts'

export type EncoderName = 'strided' | 'gru'

/** What a network is made of; with it and the parameters a forecast can be made. */
export interface GnnArchitecture {
  encoder: EncoderName
  /** Bars that are looked at, the newest being the row's own. */
  window: number
  features: number
  hidden: number
  /** Kinds of relations, in the order in which they are given. None: a network that sees each asset by itself. */
  relationKinds: readonly string[]
}

export interface Gnn {
  architecture: GnnArchitecture
  parameters: Parameters
}

const encoders: Record<EncoderName, Encoder> = { strided: stridedEncoder, gru: gruEncoder }

/** The encoder that `default` stands for: on planted and real data it forecast as well as the GRU (docs/BENCHMARKS.md), several times as fast. */
export const defaultEncoder: EncoderName = 'strided'

export const encoderOf = ({ encoder }: Pick<GnnArchitecture, 'encoder'>): Encoder => encoders[encoder]

/** A network with its first parameters: the same for the same random numbers, on every backend. */
export function createGnn(architecture: GnnArchitecture, random: Random): Gnn {
  return { architecture, parameters: createParameters(gnnSpecs(architecture), random) }
}

export function gnnSpecs(architecture: GnnArchitecture): ParameterSpec[] {
  const { hidden, relationKinds } = architecture
  return [
    ...encoderOf(architecture).specs(architecture),
    ...relationKinds.flatMap((kind) => attentionSpecs(kind, hidden)),
    ...denseSpecs('combine', { inputs: hidden * (1 + relationKinds.length), outputs: hidden, init: 'he' }),
    ...denseSpecs('head', { inputs: 2 * hidden, outputs: 1 }),
  ]
}

export interface GnnInput {
  /** As the encoder's layout says, with B * N rows. */
  windows: Tensor
  bars: number
  assets: number
  /** [B, N], 1 or 0; undefined when all assets are present in all bars. */
  present?: Tensor
  /** [B * N, hidden]: what dropout leaves of the states, scaled up; undefined without dropout. */
  dropout?: Tensor
}

/**
 * Forecasts [B, N] in units of the target's scale: each asset's bars become one vector; what it hears from its relations, one vector a kind, is
 * laid beside it; the two together make the forecast.
 */
export function runGnn(tensors: Tensors, architecture: GnnArchitecture, weights: Weights, relations: RelationTensors, input: GnnInput): Tensor {
  const { tf } = tensors
  const { bars, assets } = input
  const encoded = encoderOf(architecture).encode(tensors, weights, input.windows, architecture)
  const states = input.dropout ? tf.mul(encoded, input.dropout) : encoded
  const heard = architecture.relationKinds.map((_, kind) => attend(tf, weights, relations, kind, { ...input, states }))
  const combined = tf.relu(dense(tf, weights, 'combine', heard.length > 0 ? tf.concat([states, ...heard], 1) : states))
  return tf.reshape(dense(tf, weights, 'head', tf.concat([states, combined], 1)), [bars, assets])
}
