import { expect, it } from 'vitest'
import { seededRandom } from '../seeded-random.ts'
import { firstParameters, layoutOf, packParameters, type QArchitecture, qSpecs, unpackParameters } from './q-network.ts'
import { openQMemory } from './q-memory.ts'

const architecture: QArchitecture = { inputs: 5, hidden: 6, actions: 3, dueling: true }
const batch = 7
const random = seededRandom(4)
const noise = (count: number) => Float32Array.from({ length: count }, () => 2 * random() - 1)

/** The head's outputs in plain float64 arithmetic. */
function plainForward(values: Float32Array, observations: Float32Array, rows: number): number[][] {
  const { layers } = layoutOf(architecture)
  return Array.from({ length: rows }, (_, row) => layers.reduce<number[]>((signal, { kernel, bias, width, outputs }, i) => Array.from({ length: outputs }, (__, column) => {
    const sum = signal.reduce((total, x, k) => total + x * values[kernel + k * width + column]!, values[bias + column]!)
    return i < 2 ? Math.max(0, sum) : sum
  }), [...observations.subarray(row * architecture.inputs, (row + 1) * architecture.inputs)]))
}

function opened() {
  const memory = openQMemory(architecture, batch)
  const values = firstParameters(architecture, 8)
  for (const { bias, outputs } of layoutOf(architecture).layers) values.set(noise(outputs), bias)
  memory.online.set(values)
  memory.observations.set(noise(batch * architecture.inputs))
  return { memory, values }
}

it('gives what plain arithmetic gives, for one row and for many', () => {
  const { memory, values } = opened()
  for (const rows of [1, batch]) {
    memory.forward('online', rows)
    plainForward(values, memory.observations, rows).forEach((outputs, row) => outputs.forEach((output, i) => expect(memory.head[row * memory.headWidth + i]).toBeCloseTo(output, 4)))
  }
})

it('finds the slope that small steps find', () => {
  const { memory, values } = opened()
  const weights = noise(batch * memory.headWidth)
  const loss = (parameters: Float32Array) => plainForward(parameters, memory.observations, batch)
    .reduce((sum, outputs, row) => outputs.reduce((total, output, i) => total + output * weights[row * memory.headWidth + i]!, sum), 0)
  memory.forward('online', batch)
  memory.slopes.fill(0)
  for (let row = 0; row < batch; row++) for (let i = 0; i < 4; i++) memory.slopes[row * memory.headWidth + i] = weights[row * memory.headWidth + i]!
  memory.learn(batch, { learningRate: 1e-3, longestGradient: 1e9, steps: 1 })
  // After the first step Adam's mean is a tenth of the gradient.
  const packed = packParameters(architecture, memory.mean).map((mean) => 10 * mean)
  const plain = packParameters(architecture, values)
  packed.forEach((slope, i) => {
    const nudged = (by: number) => unpackParameters(architecture, plain.map((value, j) => (j === i ? value + by : value)))
    expect(slope).toBeCloseTo((loss(nudged(1e-3)) - loss(nudged(-1e-3))) / 2e-3, 2)
  })
})

it('leaves what fills up at zero', () => {
  const { memory } = opened()
  for (let steps = 1; steps <= 20; steps++) {
    memory.forward('online', batch)
    memory.slopes.fill(0)
    for (let row = 0; row < batch; row++) for (let i = 0; i < 4; i++) memory.slopes[row * memory.headWidth + i] = random() - 0.5
    memory.learn(batch, { learningRate: 0.01, longestGradient: 1, steps })
  }
  expect(unpackParameters(architecture, packParameters(architecture, memory.online))).toEqual(Float32Array.from(memory.online))
})

it('shortens long gradients, and moves the target by a share or by all', () => {
  const { memory } = opened()
  memory.forward('online', batch)
  memory.slopes.fill(100)
  expect(memory.learn(batch, { learningRate: 0.01, longestGradient: 1, steps: 1 })).toBeGreaterThan(100)
  expect(Math.hypot(...memory.mean)).toBeCloseTo(0.1, 4)
  memory.target.fill(0)
  memory.follow(0.25)
  memory.target.forEach((value, i) => expect(value).toBeCloseTo(memory.online[i]! / 4, 6))
  memory.follow(1)
  expect(Float32Array.from(memory.target)).toEqual(Float32Array.from(memory.online))
})

it('names every parameter once, in the order in which they are saved', () => {
  const specs = qSpecs(architecture)
  expect(specs.map(({ name, shape }) => `${name} ${shape.join('x')}`)).toEqual(['layer0/kernel 5x6', 'layer0/bias 6', 'layer1/kernel 6x6', 'layer1/bias 6', 'head/kernel 6x4', 'head/bias 4'])
  expect(packParameters(architecture, firstParameters(architecture, 1))).toHaveLength(specs.reduce((sum, { shape }) => sum + shape.reduce((size, length) => size * length, 1), 0))
})
