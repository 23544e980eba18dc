import { formatTimeRange, StreamForgeError, WorkflowRequest, type RetrainingPolicy } from '@streamforge/contracts'
import { checkBars, checkPipeline } from '../plan/check-pipeline.ts'

/** The workflow of one training of a model: its name says whose and which, so that it is found again after a crash. */
export function retrainingRequest(model: string, policy: RetrainingPolicy, { number, from, to }: { number: number; from: number; to: number }): WorkflowRequest {
  const { venue, symbols, interval, types, graph, training } = policy
  return WorkflowRequest.parse({
    venue, symbols, types: [...new Set([`api_candles_${interval}`, ...types])], time_range: formatTimeRange({ from, to }), name: retrainingName(model, number),
    pipeline: { type: 'train_gnn', feature_interval: interval, model, graph, training },
  })
}

export const retrainingName = (model: string, number: number) => `retraining ${number} of ${model}`

/** @throws StreamForgeError INVALID_FIELD, TOO_FEW_BARS when no training could be made by this policy */
export function checkPolicy(model: string, policy: RetrainingPolicy): void {
  const live = policy.types.filter((type) => type.startsWith('ws_'))
  if (live.length > 0) {
    throw new StreamForgeError('INVALID_FIELD', `a training is made of history, and ${live.join(', ')} never ends`, {
      remedy: 'leave live types out; a live workflow of its own forecasts with the model', details: { errors: [{ field: 'types', message: 'expected api_* types' }] },
    })
  }
  const request = retrainingRequest(model, policy, { number: 1, from: Date.UTC(2024, 0, 1), to: Date.UTC(2024, 0, 2) })
  const pipeline = request.pipeline!
  checkPipeline({ ...request, pipeline })
  checkBars(pipeline, policy.interval, policy.history_bars)
}
