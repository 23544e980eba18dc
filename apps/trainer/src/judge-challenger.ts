import { type ModelVersion, toStreamForgeError } from '@streamforge/contracts'
import { barSeries, type BarSeries, type BootstrapOptions, decidePromotion, type ModelRegistry, type PromotionDecision } from '@streamforge/models'
import { barsOf, truthOf } from '@streamforge/models/comparison'
import { decodeGnn, predictGnn, type Tensors } from '@streamforge/models/tensors'
import type { WorkerContext } from '@streamforge/service'
import type { TrainingData } from './read-training-data.ts'

export interface Challenge {
  registry: ModelRegistry
  tensors: Tensors
  log: WorkerContext<unknown>['log']
  model: string
  data: TrainingData
  /** The new model's, on the test part. */
  forecast: Float32Array
  bootstrap: BootstrapOptions
}

/** With fewer assets a ranking says little: then squared errors are compared. */
const fewestRanked = 3

/** Lets the champion forecast the same held-out bars, as far as it has not learnt from them, and decides which of the two it is to be. */
export async function judgeChallenger(challenge: Challenge): Promise<PromotionDecision & { championBefore: number | undefined }> {
  const { registry, model, data: { panel, split: { test } }, forecast, bootstrap } = challenge
  const alias = await registry.alias(model, 'champion')
  const champion = alias && await registry.version(model, alias.model_version)
  const theirs = champion && await forecastOf(champion, challenge)
  const figure = panel.symbols.length >= fewestRanked ? 'rank_ic' : 'minus_mse'
  const seriesOf = (values: Float32Array) => {
    const series = barSeries({ forecast: values, truth: truthOf(panel, test), assets: panel.symbols.length, horizonBars: panel.horizonBars })
    return figure === 'rank_ic' ? series.rank_ic : negative(series.mse)
  }
  const unseen = (series: BarSeries) => (champion ? from(series, panel.openTimes.subarray(test.from, test.to), champion.held_out.from) : series)
  const decision = decidePromotion({
    challenger: unseen(seriesOf(forecast)), champion: theirs && unseen(seriesOf(theirs)), championVersion: champion?.version, figure, bootstrap,
  })
  return { ...decision, championBefore: champion?.version }
}

/** Undefined when the champion's files cannot be read, or do not fit these features and relations: then it cannot serve any more. */
async function forecastOf(champion: ModelVersion, { registry, tensors, log, data: { panel, relations, split } }: Challenge): Promise<Float32Array | undefined> {
  try {
    const files = { 'model.json': await registry.file(champion, 'model.json'), 'weights.bin': await registry.file(champion, 'weights.bin') }
    return await predictGnn(tensors, decodeGnn(files), panel, relations, barsOf(split.test))
  } catch (thrown) {
    const error = toStreamForgeError(thrown)
    if (error.code !== 'MODEL_CORRUPT' && error.code !== 'MODEL_MISMATCH') throw error
    log.warn({ err: error, code: error.code, version: champion.version }, 'the champion cannot forecast the held-out bars')
    return undefined
  }
}

const negative = ({ sums, weights }: BarSeries): BarSeries => ({ sums: sums.map((value) => -value), weights })

/** Bars that open before `time` say nothing. */
function from({ sums, weights }: BarSeries, openTimes: Float64Array, time: number): BarSeries {
  const counts = (_: number, bar: number) => openTimes[bar]! >= time
  return { sums: sums.map((value, bar) => (counts(value, bar) ? value : 0)), weights: weights.map((value, bar) => (counts(value, bar) ? value : 0)) }
}
