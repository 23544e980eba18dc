import { type Scores, TrainingParameters } from '@streamforge/contracts'
import { chanceAbove, barSeries, type Panel, quantile, seededRandom, type BarRange } from '@streamforge/models'
import { compareForecasters, truthOf, type Comparison } from '@streamforge/models/comparison'
import type { Tensors } from '@streamforge/models/tensors'
import type { Dataset } from './dataset.ts'

export interface EvaluateOptions {
  tensors: Tensors
  epochs: number
  seed: number
  encoder: TrainingParameters['encoder']
  /** Training bars drawn an epoch; default: what suits the data. */
  barsAnEpoch?: number
  tell: (line: string) => void
}

/** Everything that the table shows, and what it was made with. */
export interface Evaluation {
  dataset: string
  description: string
  backend: string
  parameters: TrainingParameters
  parts: Record<'train' | 'validation' | 'test', { from: string; to: string; bars: number }>
  epochs: Record<'gnn' | 'gru', { run: number; best: number }>
  scores: Record<string, Scores>
  /** Top 1 at random, gross: what luck alone comes to. */
  randomTop1: { mean: number; deviation: number; percentile95: number }
  /** Share of bootstrap resamples in which the network's RankIC is above this forecaster's. */
  chanceAbove: Record<string, number>
  seconds: number
}

const randomRuns = 1000

export async function evaluate(dataset: Dataset, options: EvaluateOptions): Promise<Evaluation> {
  const { panel, split, relations, window, blockBars } = dataset
  const { tensors, tell } = options
  const started = performance.now()
  const parameters = TrainingParameters.parse({
    window_bars: window, horizon_bars: panel.horizonBars, epochs: options.epochs, seed: options.seed, encoder: options.encoder,
    ...(options.barsAnEpoch !== undefined && { maximum_bars_an_epoch: options.barsAnEpoch }),
  })
  const comparison = await compareForecasters({
    tensors, panel, relations, split, training: parameters, blockBars,
    onStart: (forecaster) => tell(`${forecaster} ...`),
    onEpoch: (network, { epoch, epochs, loss, metrics, seconds }) =>
      tell(`${network} epoch ${epoch} of ${epochs}: loss ${loss.toFixed(4)}, validation ${metrics.loss?.toFixed(4)}, RankIC ${metrics.rank_ic?.toFixed(4)}, ${seconds.toFixed(1)} s`),
  })
  return {
    dataset: dataset.name, description: dataset.description, backend: tensors.description, parameters,
    parts: { train: datesOf(panel, split.train), validation: datesOf(panel, split.validation), test: datesOf(panel, split.test) },
    epochs: { gnn: epochsOf(comparison.gnn), gru: epochsOf(comparison.gru) },
    scores: comparison.scores, randomTop1: randomTop1(panel, split.test, options.seed),
    chanceAbove: chancesAbove(dataset, comparison, options.seed), seconds: (performance.now() - started) / 1000,
  }
}

const epochsOf = ({ history, bestEpoch }: Comparison['gnn']) => ({ run: history.length, best: bestEpoch })

function datesOf({ openTimes }: Panel, { from, to }: BarRange) {
  const date = (t: number) => new Date(openTimes[t]!).toISOString().slice(0, 16)
  return { from: date(from), to: date(to - 1), bars: to - from }
}

function chancesAbove({ panel, split, blockBars }: Dataset, { forecasts }: Comparison, seed: number): Record<string, number> {
  const truth = truthOf(panel, split.test)
  const series = (forecast: Float32Array) => barSeries({ forecast, truth, assets: panel.symbols.length, horizonBars: panel.horizonBars }).rank_ic
  const own = series(forecasts.gnn)
  const others = Object.entries(forecasts).filter(([name]) => name !== 'gnn' && name !== 'last_value')
  return Object.fromEntries(others.map(([name, forecast]) => [name, chanceAbove(own, series(forecast), { blockBars, resamples: 1000, seed })]))
}

/** Sum of the returns of one asset drawn at each bar, over many runs, without costs. */
function randomTop1(panel: Panel, { from, to }: BarRange, seed: number): Evaluation['randomTop1'] {
  const random = seededRandom(seed)
  const known = Array.from({ length: to - from }, (_, bar) => [...truthOf(panel, { from: from + bar, to: from + bar + 1 })].filter((value) => !Number.isNaN(value)))
  const runs = Float64Array.from({ length: randomRuns }, () => known.reduce((sum, returns) => sum + (returns[Math.floor(random() * returns.length)] ?? 0), 0))
  const mean = runs.reduce((sum, value) => sum + value, 0) / randomRuns
  const deviation = Math.sqrt(runs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (randomRuns - 1))
  return { mean, deviation, percentile95: quantile(runs.toSorted(), 0.95) }
}
