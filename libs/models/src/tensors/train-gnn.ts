import { StreamForgeError } from '@streamforge/contracts'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Normaliser } from '../normaliser.ts'
import type { AssetRelations, Panel } from '../panel.ts'
import { barSeries } from '../score-forecasts.ts'
import { seededRandom } from '../seeded-random.ts'
import type { BarRange, TimeSplit } from '../time-split.ts'
import { checkRelations } from './check-relations.ts'
import { barsAtOnce, forecastBars, openForecaster } from './forecaster.ts'
import { createGnn, type Gnn, type GnnArchitecture } from './gnn.ts'
import type { GnnModel } from './gnn-model.ts'
import { fitInterval } from './prediction-interval.ts'
import { countTargets, rankingLoss, toLossTargets } from './ranking-loss.ts'
import { disposeRelations, toRelationTensors } from './relation-attention.ts'
import type { Tensors } from './tensor-flow.ts'
import { fingerprintTraining, readCheckpoint, writeCheckpoint } from './training-checkpoint.ts'
import { finishEpoch, startTraining, type EpochSummary, type TrainingState } from './training-state.ts'
import { trainBatch } from './train-batch.ts'
import { toWindowSource, type WindowSource } from './windows.ts'

/** How a network is trained. */
export interface GnnTraining {
  epochs: number
  /** Epochs without a better validation loss before it stops. */
  patience: number
  /** Bars a step. */
  batchBars: number
  learningRate: number
  /** Weight of the pairwise ranking loss beside the squared error. */
  rankingWeight: number
  /** Training bars drawn an epoch. Default: all. */
  maximumBarsAnEpoch?: number
  /** Longest derivative of a step. Default 5. */
  gradientClip?: number
  /** Targets are cut to this many times their scale while training, since squared errors of crashes would outweigh all else. Default 5. */
  targetClip?: number
  /** Share of the states' values that is set to 0 while training. Default 0. */
  dropout?: number
  /** Weight decay of AdamW, times the learning rate. Default 0.3: on planted data with much noise it made both encoders forecast better. */
  decay?: number
  /** Share of outcomes that the prediction interval should hold. Default 0.9. */
  coverage?: number
}

export interface TrainGnnInput {
  tensors: Tensors
  panel: Panel
  relations: AssetRelations
  split: TimeSplit
  /** Fitted on the training part. */
  normaliser: Normaliser
  architecture: GnnArchitecture
  training: GnnTraining
  seed: number
  onEpoch?: (progress: EpochProgress) => void | Promise<void>
  checkpoints?: CheckpointStore
  /** Ends the training with its reason, within one step. */
  signal?: AbortSignal
  /** Milliseconds, for durations only. Default `performance.now`. */
  now?: () => number
}

export interface EpochProgress extends EpochSummary {
  epochs: number
  seconds: number
  /** Until the last epoch, if it does not stop early. */
  etaSeconds: number
}

/** Where a training keeps what it needs to go on after a kill: one value, replaced as a whole after each epoch. */
export interface CheckpointStore {
  read: () => Promise<Uint8Array | undefined>
  write: (checkpoint: Uint8Array, epoch: number) => Promise<void>
  /** Told why a checkpoint is not used; the training begins anew. */
  onDiscarded?: (reason: string) => void
}

export interface TrainedGnn {
  model: GnnModel
  /** Every epoch, those before a resume too. */
  history: EpochSummary[]
  /** The epoch whose parameters the model has: that with the lowest validation loss. */
  bestEpoch: number
}

/**
 * Trains a network: batches of bars in an order drawn from the seed, Adam, and the parameters with the lowest validation loss in the end. The same
 * input gives the same bits on one backend, whether or not it was interrupted and gone on with in between.
 * @throws StreamForgeError MODEL_MISMATCH, BAD_TRAINING_DATA; the signal's reason when it is aborted
 */
export async function trainGnn(input: TrainGnnInput): Promise<TrainedGnn> {
  const { tensors: { tf }, panel, training, checkpoints, now = () => performance.now() } = input
  const relations = checkRelations(input.architecture.relationKinds, input.relations, panel.symbols.length)
  const source = toWindowSource(panel, input.normaliser)
  const constants = toRelationTensors(tf, relations, source.assets)
  const run: Run = { ...input, relations, source, constants, targets: scaleTargets(panel, input.normaliser, training), fingerprint: fingerprintTraining(input) }
  try {
    const state = (await resume(run)) ?? startTraining(createGnn(input.architecture, seededRandom(input.seed)).parameters)
    while (!isDone(state, training)) {
      const started = now()
      const loss = await trainEpoch(run, state)
      const validation = await validate(run, state.parameters)
      finishEpoch(state, loss, validation)
      await checkpoints?.write(writeCheckpoint(state, run.fingerprint), state.epoch)
      const seconds = (now() - started) / 1000
      await input.onEpoch?.({ ...state.history.at(-1)!, epochs: training.epochs, seconds, etaSeconds: seconds * (training.epochs - state.epoch) })
    }
    return await finish(run, state)
  } finally {
    disposeRelations(constants)
  }
}

interface Run extends TrainGnnInput {
  source: WindowSource
  constants: ReturnType<typeof toRelationTensors>
  /** [T, N] in units of the target's scale, cut, NaN where not known. */
  targets: Float32Array
  fingerprint: string
}

const isDone = (state: TrainingState, { epochs, patience }: GnnTraining) =>
  state.epoch >= epochs || (state.best !== undefined && state.epoch - state.best.epoch >= patience)

async function resume(run: Run): Promise<TrainingState | undefined> {
  const bytes = await run.checkpoints?.read()
  if (!bytes) return undefined
  const found = readCheckpoint(bytes, run.fingerprint, createGnn(run.architecture, () => 0).parameters.specs)
  if (typeof found !== 'string') return found
  run.checkpoints?.onDiscarded?.(found)
  return undefined
}

/** Mean training loss of the epoch. */
async function trainEpoch(run: Run, state: TrainingState): Promise<number> {
  const { training, source, split, signal } = run
  // Each epoch draws from a stream of its own, so that its number is all that a resumed training must know.
  const random = seededRandom(run.seed ^ Math.imul(state.epoch + 1, 0x9e3779b1))
  const bars = shuffle(barsWithTargets(run.targets, source.assets, split.train), random).slice(0, training.maximumBarsAnEpoch)
  if (bars.length === 0) throw new StreamForgeError('BAD_TRAINING_DATA', 'no training bar has a known outcome', { remedy: 'load a longer time range, or other symbols' })
  let sum = 0
  for (let from = 0; from < bars.length; from += training.batchBars) {
    signal?.throwIfAborted()
    const batch = bars.slice(from, from + training.batchBars)
    const loss = trainBatch(run, state, batch, random)
    if (!Number.isFinite(loss)) throw new StreamForgeError('BAD_TRAINING_DATA', `the loss became ${loss} in epoch ${state.epoch + 1}`, { remedy: 'lower the learning rate' })
    sum += loss * batch.length
    await nextTurn()
  }
  signal?.throwIfAborted()
  return sum / bars.length
}

/** Loss and metrics on the validation part, with the forecasts in units of the target's scale. */
async function validate(run: Run, parameters: Gnn['parameters']) {
  const { tensors, architecture, source, split: { validation }, panel, normaliser, training } = run
  const { assets } = source
  const forecaster = openForecaster(tensors, { architecture, parameters }, run.relations, assets)
  const bars = range(validation)
  const forecast = await forecastBars(forecaster, { architecture, parameters }, source, bars).finally(() => forecaster.dispose())
  const truth = panel.returns.slice(validation.from * assets, validation.to * assets)
  const loss = validationLoss(run, forecast, validation)
  const inReturns = forecast.map((value) => value * normaliser.targetScale)
  const series = barSeries({ forecast: inReturns, truth, assets, horizonBars: panel.horizonBars })
  const metrics = Object.fromEntries(Object.entries(series).map(([name, { sums, weights }]) => [name, total(sums) / total(weights)] as const)
    .filter(([, value]) => Number.isFinite(value)))
  return { loss, metrics, interval: () => fitInterval(inReturns, truth, panel.symbols, training.coverage) }
}

function validationLoss({ tensors: { tf }, targets, source: { assets }, training }: Run, forecast: Float32Array, { from, to }: BarRange): number {
  const known = targets.slice(from * assets, to * assets)
  for (let i = 0; i < known.length; i++) if (Number.isNaN(forecast[i]!)) known[i] = NaN
  const whole = countTargets(known, to - from, assets)
  const step = barsAtOnce(assets)
  let loss = 0
  for (let bar = 0; bar < to - from; bar += step) {
    const bars = Math.min(step, to - from - bar)
    const part = [bar * assets, (bar + bars) * assets] as const
    loss += tf.tidy(() => {
      const given = tf.tensor(forecast.slice(...part).map((value) => (Number.isNaN(value) ? 0 : value)), [bars, assets], 'float32')
      return rankingLoss(tf, given, toLossTargets(tf, known.slice(...part), bars, assets, whole), training.rankingWeight).dataSync()[0]!
    })
  }
  return loss
}

async function finish(run: Run, state: TrainingState): Promise<TrainedGnn> {
  const best = state.best!
  const parameters = { specs: state.parameters.specs, values: best.values }
  const { interval } = await validate(run, parameters)
  const model = {
    architecture: run.architecture, parameters, normaliser: run.normaliser, symbols: run.panel.symbols, horizonBars: run.panel.horizonBars, interval: interval(),
  }
  return { model, history: state.history, bestEpoch: best.epoch }
}

function scaleTargets(panel: Panel, { targetScale }: Normaliser, { targetClip = 5 }: GnnTraining): Float32Array {
  return panel.returns.map((value) => Math.max(-targetClip, Math.min(targetClip, value / targetScale)))
}

function barsWithTargets(targets: Float32Array, assets: number, part: BarRange): number[] {
  return range(part).filter((bar) => targets.subarray(bar * assets, (bar + 1) * assets).some((value) => !Number.isNaN(value)))
}

const range = ({ from, to }: BarRange) => Array.from({ length: to - from }, (_, i) => from + i)
const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0)

/** Fisher and Yates. */
function shuffle(list: number[], random: () => number): number[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[list[i], list[j]] = [list[j]!, list[i]!]
  }
  return list
}
