import { clipLength, stepAdam } from './adam.ts'
import { barsAtOnce } from './forecaster.ts'
import { runGnn, type GnnArchitecture } from './gnn.ts'
import { differentiate, type Random } from './parameters.ts'
import { countTargets, rankingLoss, toLossTargets, type LossShare } from './ranking-loss.ts'
import type { RelationTensors } from './relation-attention.ts'
import type { Tensors } from './tensor-flow.ts'
import type { GnnTraining } from './train-gnn.ts'
import type { TrainingState } from './training-state.ts'
import { cutWindows, type WindowSource } from './windows.ts'

export interface BatchContext {
  tensors: Tensors
  architecture: GnnArchitecture
  training: GnnTraining
  source: WindowSource
  constants: RelationTensors
  /** [T, N] in units of the target's scale, NaN where not known. */
  targets: Float32Array
}

/** One step on these bars; gives the loss before it. Where there are very many assets, the derivative is summed over parts of the batch. */
export function trainBatch(context: BatchContext, state: Pick<TrainingState, 'parameters' | 'adam'>, bars: readonly number[], random: Random): number {
  const { training, source: { assets } } = context
  const whole = countTargets(targetsOf(context, bars), bars.length, assets)
  const size = barsAtOnce(assets, bars.length)
  const gradient = new Float32Array(state.parameters.values.length)
  let loss = 0
  for (let from = 0; from < bars.length; from += size) {
    const part = partGradient(context, state, bars.slice(from, from + size), whole, random)
    loss += part.loss
    for (let i = 0; i < gradient.length; i++) gradient[i]! += part.gradient[i]!
  }
  clipLength(gradient, training.gradientClip ?? 5)
  stepAdam(state.parameters.values, gradient, state.adam, { learningRate: training.learningRate, decay: training.decay ?? 0.3 })
  return loss
}

function partGradient(context: BatchContext, { parameters }: Pick<TrainingState, 'parameters'>, bars: readonly number[], whole: LossShare, random: Random) {
  const { tensors, architecture, training, source, constants } = context
  const { tf } = tensors
  const { assets } = source
  const { values, shape, present } = cutWindows(source, architecture, bars)
  const targets = targetsOf(context, bars)
  const dropped = training.dropout ? dropoutMask(bars.length * assets * architecture.hidden, training.dropout, random) : undefined
  return tf.tidy(() => {
    const input = {
      windows: tf.tensor(values, shape, 'float32'), bars: bars.length, assets,
      present: present && tf.tensor(present, [bars.length, assets], 'float32'),
      dropout: dropped && tf.tensor(dropped, [bars.length * assets, architecture.hidden], 'float32'),
    }
    const wanted = toLossTargets(tf, targets, bars.length, assets, whole)
    return differentiate(tf, parameters, (weights) => rankingLoss(tf, runGnn(tensors, architecture, weights, constants, input), wanted, training.rankingWeight))
  })
}

/** Outcomes of the bars, [B, N]; those of absent assets are not learnt from. */
function targetsOf({ source: { assets, present }, targets }: BatchContext, bars: readonly number[]): Float32Array {
  const values = new Float32Array(bars.length * assets)
  bars.forEach((bar, b) => {
    for (let n = 0; n < assets; n++) values[b * assets + n] = present[bar * assets + n] === 1 ? targets[bar * assets + n]! : NaN
  })
  return values
}

function dropoutMask(size: number, rate: number, random: Random): Float32Array {
  return Float32Array.from({ length: size }, () => (random() < rate ? 0 : 1 / (1 - rate)))
}
