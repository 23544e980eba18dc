import fc from 'fast-check'
import { expect, it } from 'vitest'
import { seededRandom } from '../seeded-random.ts'
import { createAdam, stepAdam } from '../tensors/adam.ts'
import { openDenseKernels } from './dense-kernels.ts'

const float32 = Math.fround
const kernels = openDenseKernels(1)
const numbers = new Float32Array(kernels.memory.buffer)
const isSame = (expected: Float32Array) => Buffer.from(numbers.buffer).equals(Buffer.from(expected.buffer))

/** Fills the memory anew; what a kernel must not touch is then seen. */
function fill(seed: number): void {
  const random = seededRandom(seed)
  for (let i = 0; i < numbers.length; i++) numbers[i] = random() - 0.5
}

it('multiplies as float32 arithmetic in the order of the depth does, for every shape, transposed or not', () => {
  const shape = fc.record({ rows: fc.integer({ min: 1, max: 11 }), vectors: fc.integer({ min: 1, max: 5 }), depth: fc.integer({ min: 1, max: 13 }), transposed: fc.boolean(), biased: fc.boolean() })
  fc.assert(fc.property(shape, fc.integer(), ({ rows, vectors, depth, transposed, biased }, seed) => {
    fill(seed)
    const columns = 4 * vectors
    const [left, right, into, bias] = [100, 1_000, 2_000, 3_000]
    const at = (row: number, k: number) => left + (transposed ? k * rows + row : row * depth + k)
    const expected = numbers.slice()
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let sum = biased ? numbers[bias + column]! : 0
        for (let k = 0; k < depth; k++) sum = float32(sum + float32(numbers[at(row, k)]! * numbers[right + k * columns + column]!))
        expected[into + row * columns + column] = sum
      }
    }
    const steps = transposed ? { row: 4, column: 4 * rows } : { row: 4 * depth }
    kernels.multiply({ at: 4 * left, ...steps }, { at: 4 * right, row: 4 * columns }, { at: 4 * into, row: 4 * columns }, { rows, columns, depth }, biased ? 4 * bias : 0)
    expect(isSame(expected)).toBe(true)
  }), { numRuns: 60 })
})

it('rectifies, and lets slopes through where something came out', () => {
  fill(1)
  const before = numbers.slice()
  kernels.rectify(4 * 8, 12)
  const expected = before.map((value, i) => (i >= 8 && i < 20 ? Math.max(value, 0) : value))
  expect(isSame(expected)).toBe(true)
  kernels.rectifySlopes(4 * 100, 4 * 8, 12)
  for (let i = 0; i < 12; i++) expect(numbers[100 + i]).toBe(before[8 + i]! > 0 ? before[100 + i] : 0)
  expect(numbers[112]).toBe(before[112])
})

it('sums squares and blends', () => {
  fill(2)
  const before = numbers.slice()
  expect(kernels.sumOfSquares(0, 400)).toBeCloseTo(before.subarray(0, 400).reduce((sum, value) => sum + value * value, 0), 4)
  kernels.blend(0, 4 * 64, 64, 0.25)
  for (let i = 0; i < 64; i++) expect(numbers[i]).toBeCloseTo(0.75 * before[i]! + 0.25 * before[64 + i]!, 6)
  expect(isSame(Float32Array.of(...numbers.subarray(0, 64), ...before.subarray(64)))).toBe(true)
})

it('steps as Adam does in plain JavaScript', () => {
  const count = 40
  const random = seededRandom(3)
  const values = Float32Array.from({ length: count }, () => random())
  const at = { values: 0, gradient: 4 * count, mean: 8 * count, square: 12 * count, count }
  numbers.fill(0)
  numbers.set(values)
  const adam = createAdam(count)
  for (let steps = 1; steps <= 5; steps++) {
    const gradient = Float32Array.from({ length: count }, () => random() - 0.5)
    numbers.set(gradient, count)
    stepAdam(values, gradient.map((slope) => slope / 2), adam, { learningRate: 0.01 })
    kernels.adam(at, { scale: 0.5, beta1: 0.9, beta2: 0.999, rate: 0.01 / (1 - 0.9 ** steps), squareScale: 1 / (1 - 0.999 ** steps), epsilon: 1e-8 })
    for (let i = 0; i < count; i++) expect(numbers[i]).toBeCloseTo(values[i]!, 5)
  }
})
