import type { Scores, TrainingParameters } from '@streamforge/contracts'
import { forecastLastValue, forecastMomentum, forecastReversal } from '../baselines/trivial-forecasts.ts'
import { predictLinear, trainLinear } from '../baselines/linear.ts'
import { fitNormaliser } from '../normaliser.ts'
import type { AssetRelations, Panel } from '../panel.ts'
import { scoreForecasts } from '../score-forecasts.ts'
import { predictGnn } from '../tensors/forecaster.ts'
import { defaultEncoder } from '../tensors/gnn.ts'
import type { GnnModel } from '../tensors/gnn-model.ts'
import type { Tensors } from '../tensors/tensor-flow.ts'
import { trainGnn, type CheckpointStore, type EpochProgress, type TrainedGnn, type TrainGnnInput } from '../tensors/train-gnn.ts'
import type { BarRange, TimeSplit } from '../time-split.ts'

/** The networks, in the order in which they are trained; `gru` sees no graph. */
export const networkNames = ['gru', 'gnn'] as const
export type NetworkName = (typeof networkNames)[number]

/** Everything that is compared, the network first. */
export const forecasterNames = ['gnn', 'gru', 'linear', 'momentum', 'reversal', 'last_value'] as const
export type ForecasterName = (typeof forecasterNames)[number]

export interface ComparisonInput {
  tensors: Tensors
  panel: Panel
  relations: AssetRelations
  split: TimeSplit
  training: TrainingParameters
  /** Bars drawn together in the bootstrap. */
  blockBars: number
  /** Default 1000. */
  resamples?: number
  checkpoints?: (network: NetworkName) => CheckpointStore
  onStart?: (forecaster: ForecasterName) => void
  onEpoch?: (network: NetworkName, progress: EpochProgress) => void | Promise<void>
  /** Told also of epochs that an attempt before has done. */
  onTrained?: (network: NetworkName, trained: TrainedGnn) => void
  signal?: AbortSignal
}

export interface Comparison {
  gnn: TrainedGnn
  gru: TrainedGnn
  /** On the test part: [bars, N], simple returns. */
  forecasts: Record<ForecasterName, Float32Array>
  scores: Record<ForecasterName, Scores>
}

/**
 * Trains the network and, with the same data, parts and budget, what it has to be measured by, and scores all on the test part, which none of them has
 * seen. The same input gives the same result on one backend, also when it was interrupted and goes on from the checkpoints.
 * @throws StreamForgeError CONSTANT_SERIES, BAD_TRAINING_DATA, MODEL_MISMATCH
 */
export async function compareForecasters(input: ComparisonInput): Promise<Comparison> {
  const { tensors, panel, relations, split, training, signal, onStart = () => {} } = input
  const normaliser = fitNormaliser(panel, split.train)
  onStart('linear')
  const linear = await trainLinear({ panel, split, normaliser, window: training.window_bars, signal })
  const train = async (network: NetworkName) => {
    onStart(network)
    const trained = await trainGnn({ tensors, panel, normaliser, split, seed: training.seed, ...(signal && { signal }), ...networkOptions(input, network) })
    input.onTrained?.(network, trained)
    return trained
  }
  const gru = await train('gru')
  const gnn = await train('gnn')
  const predict = (model: GnnModel) => predictGnn(tensors, model, panel, relations, barsOf(split.test))
  const forecasts = {
    gnn: await predict(gnn.model), gru: await predict(gru.model), linear: predictLinear(linear, panel, split.test),
    momentum: forecastMomentum(panel, split.test), reversal: forecastReversal(panel, split.test), last_value: forecastLastValue(panel, split.test),
  }
  return { gnn, gru, forecasts, scores: scoreAll(input, forecasts) }
}

function networkOptions({ training, relations, panel, checkpoints, onEpoch }: ComparisonInput, network: NetworkName): Pick<TrainGnnInput, 'architecture' | 'training' | 'relations' | 'checkpoints' | 'onEpoch'> {
  const encoder = network === 'gru' ? 'gru' : training.encoder === 'default' ? defaultEncoder : training.encoder
  return {
    architecture: {
      encoder, window: training.window_bars, features: panel.featureNames.length, hidden: training.hidden, relationKinds: network === 'gru' ? [] : relations.kinds,
    },
    relations: network === 'gru' ? { kinds: [], weights: [] } : relations,
    training: {
      epochs: training.epochs, patience: training.patience, batchBars: training.batch_bars, learningRate: training.learning_rate, rankingWeight: training.ranking_weight,
      ...(training.maximum_bars_an_epoch !== undefined && { maximumBarsAnEpoch: training.maximum_bars_an_epoch }),
    },
    ...(checkpoints && { checkpoints: checkpoints(network) }),
    ...(onEpoch && { onEpoch: (progress: EpochProgress) => onEpoch(network, progress) }),
  }
}

function scoreAll({ panel, split: { test }, training, blockBars, resamples = 1000 }: ComparisonInput, forecasts: Record<ForecasterName, Float32Array>): Record<ForecasterName, Scores> {
  const truth = truthOf(panel, test)
  const score = (forecast: Float32Array) => scoreForecasts({ forecast, truth, assets: panel.symbols.length, horizonBars: panel.horizonBars }, {
    costBps: training.cost_bps, bootstrap: { blockBars, resamples, seed: training.seed },
  })
  return Object.fromEntries(forecasterNames.map((name) => [name, score(forecasts[name])])) as Record<ForecasterName, Scores>
}

/** What came, [bars, N]; NaN where it is not known. */
export const truthOf = ({ returns, symbols }: Panel, { from, to }: BarRange) => returns.subarray(from * symbols.length, to * symbols.length)

export const barsOf = ({ from, to }: BarRange) => Array.from({ length: to - from }, (_, i) => from + i)
