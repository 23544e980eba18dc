import { beforeAll, expect, it } from 'vitest'
import { describeBackends } from './backends-under-test.ts'
import { attend, disposeRelations, toRelationTensors } from './relation-attention.ts'
import type { Tensors } from './tensor-flow.ts'

const kind = 'correlation'
const weights = { value: [0.6, -0.4, 0.3, 0.9], target: [0.7, -0.2], source: [-0.5, 0.8] }
/** From j to i at [i, j]: the first asset hears two others, one of them with the opposite sign; the third hears nobody. */
const relations = { kinds: [kind], weights: [Float32Array.of(0, 0.5, -0.25, 1, 0, 0, 0, 0, 0)] }

describeBackends('attention over relations', (open) => {
  let tensors: Tensors
  beforeAll(async () => {
    tensors = await open()
  })

  function heard(present?: number[]): number[] {
    const { tf } = tensors
    const constants = toRelationTensors(tf, relations, 3)
    const values = tf.tidy(() => attend(tf, {
      [`attention/${kind}/value`]: tf.tensor2d(weights.value, [2, 2]), [`attention/${kind}/target`]: tf.tensor2d(weights.target, [2, 1]),
      [`attention/${kind}/source`]: tf.tensor2d(weights.source, [2, 1]),
    }, constants, 0, {
      states: tf.tensor2d([0.5, -1, 1.5, 0.25, -0.75, 2], [3, 2]), bars: 1, assets: 3, present: present && tf.tensor2d(present, [1, 3]),
    }).dataSync())
    disposeRelations(constants)
    return [...values]
  }
  const expectClose = (given: number[], expected: number[]) => expected.forEach((value, i) => expect(given[i]).toBeCloseTo(value, 5))

  // Both computed with PyTorch in float64 from the formula.
  it('weighs by strength and attention, and hands on the negative of negative relations', () => {
    expectClose(heard(), [0.101443828, -1.714452798, 0, -1.1, 0, 0])
  })

  it('does not hear assets that are absent', () => {
    expectClose(heard([1, 1, 0]), [0.975, -0.375, 0, -1.1, 0, 0])
  })

  it('hears nothing where all others are absent', () => {
    expectClose(heard([1, 0, 0]).slice(0, 2), [0, 0])
  })
})
