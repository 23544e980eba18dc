import { createAdam, type AdamState } from './adam.ts'
import type { Parameters } from './parameters.ts'

export interface EpochSummary {
  /** From 1. */
  epoch: number
  /** Mean training loss. */
  loss: number
  /** On the validation part: `loss`, and mse, ic, rank_ic, mrr, directional_accuracy in terms of simple returns where they can be had. */
  metrics: Record<string, number>
}

/** All that decides how a training goes on. */
export interface TrainingState {
  /** Epochs that are finished. */
  epoch: number
  parameters: Parameters
  adam: AdamState
  history: EpochSummary[]
  best: { epoch: number; loss: number; values: Float32Array } | undefined
}

export const startTraining = (parameters: Parameters): TrainingState =>
  ({ epoch: 0, parameters, adam: createAdam(parameters.values.length), history: [], best: undefined })

/** Counts an epoch, in place, and keeps its parameters when no epoch before had a lower validation loss. */
export function finishEpoch(state: TrainingState, loss: number, validation: { loss: number; metrics: Record<string, number> }): void {
  state.epoch++
  state.history.push({ epoch: state.epoch, loss, metrics: { loss: validation.loss, ...validation.metrics } })
  if (state.best && state.best.loss <= validation.loss) return
  state.best = { epoch: state.epoch, loss: validation.loss, values: state.parameters.values.slice() }
}
