import type { Tensor } from '@tensorflow/tfjs-core'
import type { GruWeights } from './gru-encoder.ts'
import type { TensorFlow } from './tensor-flow.ts'

/** What one bar leaves for the way back: reset gate, update gate, candidate, reset gate times the state before. */
interface Step { r: Tensor; u: Tensor; c: Tensor; rh: Tensor }

/**
 * The last state of the unit after [bars, rows, features], with operations that every backend has. What depends on the features alone is one product
 * over all bars; the derivative is written out, with each transposed matrix made once. Windows are data: they get no derivative.
 */
export function portableGru(tf: TensorFlow, windows: Tensor, { gates, gatesBias, candidate, candidateBias }: GruWeights): Tensor {
  const [bars, rows, features] = windows.shape as [number, number, number]
  const hidden = candidateBias.size
  const parts = (w: Tensor, column: number) => ({
    x: tf.slice(w, [0, column * hidden], [features, hidden]), h: tf.slice(w, [features, column * hidden], [hidden, hidden]),
  })
  const atBar = (all: Tensor, t: number) => tf.slice(all, [t * rows, 0], [rows, hidden])

  const operation = tf.customGrad((...args: unknown[]) => {
    const [w, wBias, wc, cBias] = args as Tensor[]
    const save = args[4] as (tensors: Tensor[]) => void
    const x = tf.reshape(windows, [bars * rows, features])
    const [toReset, toUpdate, toCandidate] = [parts(w!, 0), parts(w!, 1), parts(wc!, 0)]
    const fromFeatures = (part: Tensor, bias: Tensor) => tf.add(tf.matMul(x, part), bias)
    const resets = fromFeatures(toReset.x, tf.slice(wBias!, 0, hidden))
    const updates = fromFeatures(toUpdate.x, tf.slice(wBias!, hidden, hidden))
    const candidates = fromFeatures(toCandidate.x, cBias!)

    const states: Tensor[] = [tf.zeros([rows, hidden])]
    const steps: Step[] = []
    for (let t = 0; t < bars; t++) {
      const h = states[t]!
      const r = tf.sigmoid(tf.add(atBar(resets, t), tf.matMul(h, toReset.h)))
      const u = tf.sigmoid(tf.add(atBar(updates, t), tf.matMul(h, toUpdate.h)))
      const rh = tf.mul(r, h)
      const c = tf.tanh(tf.add(atBar(candidates, t), tf.matMul(rh, toCandidate.h)))
      steps.push({ r, u, c, rh })
      states.push(tf.add(c, tf.mul(u, tf.sub(h, c))))
    }
    save([x, w!, wc!, ...states, ...steps.flatMap(({ r, u, c, rh }) => [r, u, c, rh])])

    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [savedX, savedGates, savedCandidate] = saved as [Tensor, Tensor, Tensor]
      const kept = { states: saved.slice(3, 4 + bars), steps: toSteps(saved.slice(4 + bars)) }
      const back = [parts(savedGates, 0), parts(savedGates, 1), parts(savedCandidate, 0)].map(({ h }) => tf.transpose(h))
      const slopes = slopesBackwards(tf, dy, kept, back as [Tensor, Tensor, Tensor])
      const [dr, du, dc] = [slopes.map((s) => s.dr), slopes.map((s) => s.du), slopes.map((s) => s.dc)].map((list) => tf.concat(list))
      const [xT, hT, rhT] = [savedX, tf.concat(kept.states.slice(0, bars)), tf.concat(kept.steps.map((step) => step.rh))].map((all) => tf.transpose(all))
      const stacked = (state: Tensor, slope: Tensor) => tf.concat([tf.matMul(xT!, slope), tf.matMul(state, slope)])
      return [
        tf.concat([stacked(hT!, dr!), stacked(hT!, du!)], 1), tf.concat([tf.sum(dr!, 0), tf.sum(du!, 0)]),
        stacked(rhT!, dc!), tf.sum(dc!, 0),
      ]
    }
    return { value: states.at(-1)!, gradFunc }
  })
  return operation(gates, gatesBias, candidate, candidateBias)
}

function toSteps(flat: Tensor[]): Step[] {
  return Array.from({ length: flat.length / 4 }, (_, t) => {
    const [r, u, c, rh] = flat.slice(4 * t, 4 * t + 4) as [Tensor, Tensor, Tensor, Tensor]
    return { r, u, c, rh }
  })
}

/** Derivatives by what goes into the gates and the candidate, bar by bar. `back`: transposed weights of the state, for r, u and c. */
function slopesBackwards(tf: TensorFlow, dy: Tensor, { states, steps }: { states: Tensor[]; steps: Step[] }, back: [Tensor, Tensor, Tensor]) {
  const one = tf.scalar(1)
  const slopes: { dr: Tensor; du: Tensor; dc: Tensor }[] = []
  let dState = dy
  for (let t = steps.length - 1; t >= 0; t--) {
    const { r, u, c } = steps[t]!
    const h = states[t]!
    const kept = tf.mul(dState, u)
    const dc = tf.mul(tf.sub(dState, kept), tf.sub(one, tf.square(c)))
    const du = tf.mul(tf.mul(kept, tf.sub(one, u)), tf.sub(h, c))
    const throughReset = tf.mul(tf.matMul(dc, back[2]), r)
    const dr = tf.mul(tf.mul(throughReset, tf.sub(one, r)), h)
    dState = tf.add(tf.add(kept, throughReset), tf.add(tf.matMul(dr, back[0]), tf.matMul(du, back[1])))
    slopes.unshift({ dr, du, dc })
  }
  return slopes
}
