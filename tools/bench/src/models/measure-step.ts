// measure-step.ts BACKEND ENCODER STEPS -> JSON: milliseconds of each training step. A process of its own: TensorFlow.js has one backend at a time.
import { fitNormaliser, seededRandom } from '@streamforge/models'
import { type BackendName, createGnn, type EncoderName, openTensors, plantMarket, startTraining, toRelationTensors, toWindowSource, trainBatch } from '@streamforge/models/tensors'

const shape = { assets: 50, window: 32, features: 8, hidden: 32, batch: 16 }
const [backend, encoder, steps] = process.argv.slice(2)
const tensors = await openTensors({ prefer: backend as BackendName })
const random = seededRandom(1)

const market = plantMarket({ bars: 200, assets: shape.assets, seed: 1 })
const cells = 200 * shape.assets
const panel = {
  ...market.panel, featureNames: Array.from({ length: shape.features }, (_, f) => `feature${f}`),
  features: Float32Array.from({ length: cells * shape.features }, () => random() - 0.5),
}
const relations = { kinds: ['correlation'], weights: [Float32Array.from({ length: shape.assets ** 2 }, () => (random() < 0.2 ? 1 : 0))] }
const normaliser = fitNormaliser(panel, { from: 0, to: 200 })
const architecture = { encoder: encoder as EncoderName, window: shape.window, features: shape.features, hidden: shape.hidden, relationKinds: relations.kinds }
const context = {
  tensors, architecture, source: toWindowSource(panel, normaliser), constants: toRelationTensors(tensors.tf, relations, shape.assets),
  targets: panel.returns.map((value) => value / normaliser.targetScale),
  training: { epochs: 1, patience: 1, batchBars: shape.batch, learningRate: 0.001, rankingWeight: 1 },
}
const state = startTraining(createGnn(architecture, random).parameters)
const bars = Array.from({ length: shape.batch }, (_, b) => 40 + 7 * b)
const milliseconds = Array.from({ length: Number(steps) }, () => {
  const began = performance.now()
  trainBatch(context, state, bars, random)
  return performance.now() - began
})
process.stdout.write(JSON.stringify({ description: tensors.description, milliseconds }))
