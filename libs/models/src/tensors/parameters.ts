import type { Tensor } from '@tensorflow/tfjs-core'
import type { TensorFlow } from './tensor-flow.ts'

/** Uniform numbers in [0, 1). */
export type Random = () => number

/** One array of numbers that is learnt. `bound`: it begins with uniform numbers in -bound..bound; 0 begins with zeros. */
export interface ParameterSpec {
  name: string
  shape: readonly number[]
  bound: number
}

/** All parameters of a network in one array, one after another in the order of their specs: what is saved, clipped and stepped as a whole. */
export interface Parameters {
  specs: readonly ParameterSpec[]
  values: Float32Array
}

/** Parameters as tensors, by name. */
export type Weights = Readonly<Record<string, Tensor>>

export const sizeOf = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1)

/** Parameters with their first values: the same for the same random numbers, on every backend. */
export function createParameters(specs: readonly ParameterSpec[], random: Random): Parameters {
  const values = new Float32Array(specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0))
  for (const { from, to, bound } of placesOf(specs)) {
    for (let i = from; i < to && bound > 0; i++) values[i] = (2 * random() - 1) * bound
  }
  return { specs, values }
}

/** Where each parameter lies among the values. */
export function placesOf(specs: readonly ParameterSpec[]): (ParameterSpec & { from: number; to: number })[] {
  let from = 0
  return specs.map((spec) => {
    const to = from + sizeOf(spec.shape)
    const place = { ...spec, from, to }
    from = to
    return place
  })
}

/** One tensor a parameter; whoever calls disposes of them (`tf.tidy` does). */
export function toTensors(tf: TensorFlow, { specs, values }: Parameters): Weights {
  return Object.fromEntries(placesOf(specs).map(({ name, shape, from, to }) => [name, tf.tensor(values.slice(from, to), [...shape], 'float32')]))
}

/**
 * The loss and its derivative by every parameter, in the order of {@link Parameters.values}. Leaves no tensors behind.
 * @param loss makes a scalar of the parameters
 */
export function differentiate(tf: TensorFlow, parameters: Parameters, loss: (weights: Weights) => Tensor): { loss: number; gradient: Float32Array } {
  return tf.tidy(() => {
    const names = parameters.specs.map(({ name }) => name)
    const weights = toTensors(tf, parameters)
    const lossOf = (...tensors: Tensor[]) => tf.reshape(loss(Object.fromEntries(tensors.map((tensor, i) => [names[i]!, tensor]))), [])
    const { value, grads } = tf.valueAndGrads(lossOf)(names.map((name) => weights[name]!))
    const gradient = new Float32Array(parameters.values.length)
    placesOf(parameters.specs).forEach(({ from }, i) => gradient.set(grads[i]!.dataSync() as Float32Array, from))
    return { loss: value.dataSync()[0]!, gradient }
  })
}

/** Glorot and Bengio 2010: keeps the size of signals and derivatives about equal through layers without relu. */
export const glorotBound = (inputs: number, outputs: number) => Math.sqrt(6 / (inputs + outputs))
/** He et al. 2015: the same for layers with relu. */
export const heBound = (inputs: number) => Math.sqrt(6 / inputs)
