import { beforeAll, expect, it } from 'vitest'
import { describeBackends } from './backends-under-test.ts'
import { countTargets, rankingLoss, toLossTargets } from './ranking-loss.ts'
import type { Tensors } from './tensor-flow.ts'

const forecast = [0.2, -0.1, 0.4, 1, 0, -1]
const truth = Float32Array.of(0.5, 0.3, -0.2, 0.1, NaN, 0.6)

describeBackends('loss', (open) => {
  let tensors: Tensors
  beforeAll(async () => {
    tensors = await open()
  })
  function loss(rankingWeight: number, [from, to] = [0, 2]): number {
    const { tf } = tensors
    const whole = countTargets(truth, 2, 3)
    return tf.tidy(() => {
      const targets = toLossTargets(tf, truth.slice(3 * from, 3 * to), to - from, 3, whole)
      return rankingLoss(tf, tf.tensor2d(forecast.slice(3 * from, 3 * to), [to - from, 3]), targets, rankingWeight).dataSync()[0]!
    })
  }

  it('is the squared error plus what is in the wrong order, of known outcomes only', () => {
    // PyTorch, float64
    expect(loss(0)).toBeCloseTo(0.796, 6)
    expect(loss(0.5)).toBeCloseTo(0.796 + 0.5 * 0.213846154, 6)
  })

  it('comes to the same in parts', () => {
    expect(loss(0.5, [0, 1]) + loss(0.5, [1, 2])).toBeCloseTo(loss(0.5), 6)
  })
})
