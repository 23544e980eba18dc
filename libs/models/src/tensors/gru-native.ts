import type { Tensor } from '@tensorflow/tfjs-core'
import type { GruWeights } from './gru-encoder.ts'
import type { RunKernel, TensorFlow } from './tensor-flow.ts'

/**
 * The last state of the unit after [bars, rows, features], by TensorFlow's own kernels: one call a bar forward (`GRUBlockCell`), one backward
 * (`GRUBlockCellGrad`); the derivatives of the weights are products over all bars at once. Windows are data: they get no derivative.
 */
export function nativeGru(tf: TensorFlow, runKernel: RunKernel, windows: Tensor, { gates, gatesBias, candidate, candidateBias }: GruWeights): Tensor {
  const [bars, rows, features] = windows.shape as [number, number, number]
  const hidden = candidateBias.size

  const operation = tf.customGrad((...args: unknown[]) => {
    const [w, wBias, c, cBias] = args as Tensor[]
    const save = args[4] as (tensors: Tensor[]) => void
    const weights = [w!, c!, wBias!, cBias!]
    const x = tf.reshape(windows, [bars * rows, features])
    const inputs = tf.split(x, bars)
    const states: Tensor[] = [tf.zeros([rows, hidden])]
    const steps: Tensor[][] = []
    for (const input of inputs) {
      const [r, u, candidates, state] = runKernel('GRUBlockCell', [input, states.at(-1)!, ...weights], 4)
      steps.push([r!, u!, candidates!])
      states.push(state!)
    }
    save([x, ...weights, ...inputs, ...states, ...steps.flat()])

    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const kept = {
        x: saved[0]!, weights: saved.slice(1, 5), inputs: saved.slice(5, 5 + bars), states: saved.slice(5 + bars, 6 + 2 * bars), steps: saved.slice(6 + 2 * bars),
      }
      const slopes: { candidate: Tensor; gates: Tensor }[] = []
      let dState = dy
      for (let t = bars - 1; t >= 0; t--) {
        const step = kept.steps.slice(3 * t, 3 * t + 3)
        const [, dBefore, dCandidate, dGates] = runKernel('GRUBlockCellGrad', [kept.inputs[t]!, kept.states[t]!, ...kept.weights, ...step, dState], 4)
        slopes.unshift({ candidate: dCandidate!, gates: dGates! })
        dState = dBefore!
      }
      const before = tf.concat(kept.states.slice(0, bars))
      const resets = tf.concat(kept.steps.filter((_, i) => i % 3 === 0))
      const dGates = tf.concat(slopes.map((slope) => slope.gates))
      const dCandidate = tf.concat(slopes.map((slope) => slope.candidate))
      const product = (left: Tensor, right: Tensor) => tf.matMul(left, right, true)
      return [
        tf.concat([product(kept.x, dGates), product(before, dGates)]), tf.sum(dGates, 0),
        tf.concat([product(kept.x, dCandidate), product(tf.mul(resets, before), dCandidate)]), tf.sum(dCandidate, 0),
      ]
    }
    return { value: states.at(-1)!, gradFunc }
  })
  return operation(gates, gatesBias, candidate, candidateBias)
}
