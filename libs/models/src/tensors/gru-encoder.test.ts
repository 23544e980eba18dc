import { beforeAll, expect, it } from 'vitest'
import { describeBackends } from './backends-under-test.ts'
import { gruEncoder } from './gru-encoder.ts'
import { portableGru } from './gru-portable.ts'
import { differentiate, type Parameters, type Weights } from './parameters.ts'
import type { Tensors } from './tensor-flow.ts'

const shape = { window: 3, features: 2, hidden: 2 }
const sines = (count: number, step: number) => Array.from({ length: count }, (_, i) => Math.sin(i * step))
const parameters: Parameters = {
  specs: gruEncoder.specs(shape),
  values: Float32Array.from([...sines(16, 1.3), ...sines(4, 0.7), ...sines(8, 0.9), ...sines(2, 0.4)]),
}
const windows = Array.from({ length: 12 }, (_, i) => i / 10 - 0.5)

// The same unit in PyTorch, float64, with autograd; loss: sum of states * [[1, 2], [3, 4]].
const state = [-0.010170168, 0.280668909, 0.062497254, 0.360906242]
const slopes = [
  0.003016, -0.005273, -0.120174, -0.35567, 0.006558, -0.006424, -0.151443, -0.468679, -0.003774, 0.000225, 0.015047, 0.060482, 0.000606, -0.001802, -0.037399, -0.113553,
  0.03542, -0.011511, -0.312692, -1.130092,
  0.199483, 0.175742, 0.322344, 0.395575, -0.027901, -0.057774, 0.060368, 0.083698,
  1.228611, 2.198325,
]

describeBackends('gated recurrent unit', (open) => {
  let tensors: Tensors
  beforeAll(async () => {
    tensors = await open()
  })
  const encode = (weights: Weights) => gruEncoder.encode(tensors, weights, tensors.tf.tensor(windows, [3, 2, 2]), shape)
  const encodePortably = (weights: Weights) => portableGru(tensors.tf, tensors.tf.tensor(windows, [3, 2, 2]), {
    gates: weights['encoder/gates']!, gatesBias: weights['encoder/gatesBias']!, candidate: weights['encoder/candidate']!, candidateBias: weights['encoder/candidateBias']!,
  })

  it.each([['its own way', encode], ['with portable operations', encodePortably]] as const)('gives the states and derivatives of PyTorch, %s', (_, encoder) => {
    const { tf } = tensors
    let seen: number[] = []
    const { gradient } = differentiate(tf, parameters, (weights) => {
      const states = encoder(weights)
      seen = [...states.dataSync()]
      return tf.sum(tf.mul(states, tf.tensor2d([[1, 2], [3, 4]])))
    })
    seen.forEach((value, i) => expect(value).toBeCloseTo(state[i]!, 6))
    expect(gradient).toHaveLength(slopes.length)
    gradient.forEach((value, i) => expect(value).toBeCloseTo(slopes[i]!, 5))
  })
})
