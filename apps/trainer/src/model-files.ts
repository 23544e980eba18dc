import type { TrainingRun } from '@streamforge/contracts'
import { exportGnnToOnnx, type ModelFile } from '@streamforge/models'
import type { Comparison } from '@streamforge/models/comparison'
import { encodeGnn } from '@streamforge/models/tensors'

/**
 * What is kept of a model: its own format, the same for any ONNX runtime, and training.json, by which the folder alone says where the model comes from.
 */
export function modelFiles({ gnn }: Pick<Comparison, 'gnn'>, run: TrainingRun): ModelFile[] {
  const { model, bestEpoch } = gnn
  const own = encodeGnn(model)
  const metadata = { model: run.model, run_id: run.run_id, interval: run.interval, horizon_bars: String(model.horizonBars), code_version: run.code_version }
  const { _key, status: _status, message: _message, ...facts } = run
  return [
    ...Object.entries(own).map(([name, content]) => ({ name, content: content as Uint8Array })),
    { name: 'model.onnx', content: exportGnnToOnnx(model, model.normaliser, metadata) },
    { name: 'training.json', content: Buffer.from(`${JSON.stringify({ ...facts, best_epoch: bestEpoch, feature_names: model.normaliser.featureNames }, null, 2)}\n`) },
  ]
}
