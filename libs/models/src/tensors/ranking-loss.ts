import type { Tensor } from '@tensorflow/tfjs-core'
import type { TensorFlow } from './tensor-flow.ts'

/** Targets of a batch as the loss needs them; what is not known counts nowhere. */
export interface LossTargets {
  /** [B, N], 0 where not known. */
  truth: Tensor
  /** [B, N]: 1 / number of known outcomes where known, else 0. */
  weight: Tensor
  /** [B, N, N]: `(y(j) - y(i)) / number of known pairs` where both are known, else 0. */
  pairs: Tensor
}

/** How much of a whole batch these bars are, for a batch that is worked off in parts. */
export interface LossShare {
  known: number
  pairs: number
}

export function countTargets(targets: Float32Array, bars: number, assets: number): LossShare {
  let known = 0
  let pairs = 0
  for (let bar = 0; bar < bars; bar++) {
    let here = 0
    for (let i = bar * assets; i < (bar + 1) * assets; i++) if (!Number.isNaN(targets[i]!)) here++
    known += here
    pairs += here * here
  }
  return { known, pairs }
}

/** @param targets [B, N], NaN where not known */
export function toLossTargets(tf: TensorFlow, targets: Float32Array, bars: number, assets: number, whole: LossShare): LossTargets {
  const shape = [bars, assets]
  const truth = tf.tensor(targets.map((value) => (Number.isNaN(value) ? 0 : value)), shape, 'float32')
  const known = tf.tensor(targets.map((value) => (Number.isNaN(value) ? 0 : 1)), shape, 'float32')
  const column = (x: Tensor) => tf.reshape(x, [bars, assets, 1])
  const row = (x: Tensor) => tf.reshape(x, [bars, 1, assets])
  const bothKnown = tf.mul(column(known), tf.mul(row(known), tf.scalar(1 / Math.max(1, whole.pairs))))
  return {
    truth,
    weight: tf.mul(known, tf.scalar(1 / Math.max(1, whole.known))),
    pairs: tf.mul(tf.sub(row(truth), column(truth)), bothKnown),
  }
}

/**
 * Loss of relational stock ranking (Feng et al. 2019, equation 7): mean squared error, plus `rankingWeight` times the mean over pairs of the same bar of
 * `max(0, -(forecast(i) - forecast(j)) (truth(i) - truth(j)))`, which is above 0 where two assets are put in the wrong order.
 * @param forecast [B, N]
 */
export function rankingLoss(tf: TensorFlow, forecast: Tensor, targets: LossTargets, rankingWeight: number): Tensor {
  const error = tf.sum(tf.mul(tf.square(tf.sub(forecast, targets.truth)), targets.weight))
  if (rankingWeight === 0) return error
  const [bars, assets] = forecast.shape as [number, number]
  const differences = tf.sub(tf.reshape(forecast, [bars, assets, 1]), tf.reshape(forecast, [bars, 1, assets]))
  const wrongOrder = tf.sum(tf.relu(tf.mul(differences, targets.pairs)))
  return tf.add(error, tf.mul(wrongOrder, tf.scalar(rankingWeight)))
}
