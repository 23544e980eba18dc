import { expect, it } from 'vitest'
import { clipLength, createAdam, stepAdam } from './adam.ts'

const gradients = [0, 1, 2, 3, 4].map((i) => Float32Array.of(0.3, -0.2, 1.5 * (i - 2)))

it('steps as PyTorch does', () => {
  // torch.optim.Adam(lr=0.1) and AdamW(lr=0.1, weight_decay=0.2), 5 steps of the same derivatives in float64
  const plain = Float32Array.of(0.5, -1, 2)
  const decayed = Float32Array.of(0.5, -1, 2)
  const states = [createAdam(3), createAdam(3)] as const
  for (const gradient of gradients) {
    stepAdam(plain, gradient, states[0], { learningRate: 0.1 })
    stepAdam(decayed, gradient, states[1], { learningRate: 0.1, decay: 0.2 })
  }
  const expected = [[0, -0.500000025, 2.280564450], [-0.028435602, -0.423524805, 2.071705055]]
  ;[plain, decayed].forEach((values, row) => values.forEach((value, i) => expect(value).toBeCloseTo(expected[row]![i]!, 5)))
  expect(states[0].steps).toBe(5)
})

it('shortens derivatives that are too long, and no others', () => {
  const long = Float32Array.of(3, -4)
  expect(clipLength(long, 1)).toBe(5)
  expect(long[0]).toBeCloseTo(0.6, 6)
  expect(long[1]).toBeCloseTo(-0.8, 6)
  const short = Float32Array.of(0.3, 0.4)
  expect(clipLength(short, 1)).toBeCloseTo(0.5, 6)
  expect([...short]).toEqual([...Float32Array.of(0.3, 0.4)])
})
