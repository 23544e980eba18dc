import { beforeAll, expect, it } from 'vitest'
import type { Tensor } from '@tensorflow/tfjs-core'
import { seededRandom } from '../seeded-random.ts'
import { describeBackends } from './backends-under-test.ts'
import { createParameters, differentiate, toTensors, type Weights } from './parameters.ts'
import type { TensorFlow, Tensors } from './tensor-flow.ts'

const specs = [{ name: 'a', shape: [3, 4], bound: 1 }, { name: 'b', shape: [4, 2], bound: 1 }, { name: 'row', shape: [4], bound: 1 }]
type Loss = (tf: TensorFlow, weights: Weights) => Tensor

/** Each operation that the rules name, in a function whose derivative is not trivial. */
const losses: Record<string, Loss> = {
  'add, with stretching': (tf, { a, row }) => tf.square(tf.add(a!, row!)),
  'sub, with stretching': (tf, { a, row }) => tf.square(tf.sub(row!, a!)),
  'mul, with stretching': (tf, { a, row }) => tf.square(tf.mul(a!, row!)),
  'div, with stretching': (tf, { a, row }) => tf.div(a!, tf.add(tf.square(row!), tf.scalar(1))),
  neg: (tf, { a }) => tf.exp(tf.neg(a!)),
  'reshape and transpose': (tf, { a, row }) => tf.mul(tf.transpose(tf.reshape(a!, [2, 2, 3]), [1, 2, 0]), tf.reshape(tf.slice(row!, [1], [2]), [2, 1, 1])),
  expandDims: (tf, { a, row }) => tf.square(tf.mul(tf.expandDims(a!, 1), row!)),
  matMul: (tf, { a, b }) => tf.square(tf.matMul(a!, b!)),
  'batched matMul': (tf, { a }) => tf.square(tf.matMul(tf.reshape(a!, [2, 3, 2]), tf.reshape(a!, [2, 2, 3]))),
  sigmoid: (tf, { a }) => tf.square(tf.sigmoid(a!)),
  tanh: (tf, { a }) => tf.square(tf.tanh(a!)),
  log: (tf, { a }) => tf.log(tf.add(tf.square(a!), tf.scalar(1))),
  sqrt: (tf, { a }) => tf.sqrt(tf.add(tf.square(a!), tf.scalar(1))),
  abs: (tf, { a }) => tf.mul(tf.abs(a!), a!),
  relu: (tf, { a, row }) => tf.square(tf.relu(tf.add(a!, row!))),
  leakyRelu: (tf, { a, row }) => tf.square(tf.leakyRelu(tf.add(a!, row!), 0.2)),
  softmax: (tf, { a, row }) => tf.mul(tf.softmax(a!), row!),
  logSoftmax: (tf, { a, row }) => tf.mul(tf.logSoftmax(a!), row!),
  'sum over one axis': (tf, { a }) => tf.square(tf.sum(a!, 0)),
  'mean over one axis': (tf, { a }) => tf.square(tf.mean(a!, 1, true)),
  slice: (tf, { a }) => tf.square(tf.slice(a!, [1, 1], [-1, 2])),
  concat: (tf, { a, b }) => tf.square(tf.concat([tf.transpose(a!), b!, b!], 1)),
}

describeBackends('derivatives', (open) => {
  let tensors: Tensors
  beforeAll(async () => {
    tensors = await open()
  })

  it.each(Object.keys(losses))('of %s are what small steps show', (name) => {
    const { tf } = tensors
    const parameters = createParameters(specs, seededRandom(11))
    // TensorFlow.js wants every parameter to take part.
    const takingPart = (weights: Weights) => tf.mul(tf.sum(tf.concat(Object.values(weights).map((weight) => tf.reshape(weight, [-1])))), tf.scalar(0.1))
    const loss = (weights: Weights) => tf.add(tf.sum(losses[name]!(tf, weights)), takingPart(weights))
    const { gradient } = differentiate(tf, parameters, loss)
    const step = 1e-2
    const at = (i: number, change: number) => {
      const values = parameters.values.slice()
      values[i]! += change
      return tf.tidy(() => loss(toTensors(tf, { specs, values })).dataSync()[0]!)
    }
    gradient.forEach((slope, i) => {
      const central = (at(i, step) - at(i, -step)) / (2 * step)
      const finer = (at(i, step / 2) - at(i, -step / 2)) / step
      // Richardson's extrapolation takes away the error of the step; what is left is float32's rounding.
      expect(slope).toBeCloseTo((4 * finer - central) / 3, 2)
    })
    expect(gradient.some((slope) => Math.abs(slope - 0.1) > 0.01)).toBe(true)
  })

  it('leaves no tensors behind', () => {
    const { tf } = tensors
    const before = tf.memory().numTensors
    differentiate(tf, createParameters(specs.slice(0, 2), seededRandom(1)), (weights) => tf.sum(losses.matMul!(tf, weights)))
    expect(tf.memory().numTensors).toBe(before)
  })
})
