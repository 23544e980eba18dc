import {
  barGrid, ceilToInterval, floorToInterval, isStageType, parseStageType, type BarGrid, type Pipeline, type StageInput, type StageSpec, StreamForgeError,
} from '@streamforge/contracts'

/** A stage that forecasts. */
export interface ForecastStage {
  spec: StageSpec
  /** The registered model whose champion forecasts. */
  model: string
  featureSet: Pipeline['feature_set']
  /** Where the stored features are, and their range. */
  features: StageInput
  /** Open time of the first bar that is forecast: the first that the network of this workflow was not tuned on. */
  firstBar: number
  /** End of the stored bars: the first open time after them. */
  historyEnd: number
  /** In a replay, the version that made the forecasts that are repeated. */
  repeatedVersion: number | undefined
}

/** @throws StreamForgeError STAGE_INPUT_MISSING, BAD_REQUEST */
export function forecastStage(spec: StageSpec): ForecastStage {
  const { pipeline, interval, venue, queue_id, created_at } = spec
  if (pipeline.type !== 'train_gnn') {
    throw new StreamForgeError('BAD_REQUEST', `stage ${queue_id} is of a pipeline ${pipeline.type}; forecasts are made in pipelines train_gnn`, { remedy: 'ask for a pipeline of type train_gnn' })
  }
  const features = spec.inputs.find(({ type }) => isStageType(type) && parseStageType(type).stage === 'features')
  if (!features) {
    throw new StreamForgeError('STAGE_INPUT_MISSING', `stage ${queue_id} has no features among its inputs`, { remedy: 'retry the workflow: the stage before makes them' })
  }
  const range = { from: ceilToInterval(features.from, interval), to: floorToInterval(features.to ?? created_at, interval) }
  const version = spec.original?.result?.facts?.['model_version']
  return {
    spec, features, featureSet: pipeline.feature_set, model: pipeline.model ?? `gnn-${interval.toLowerCase()}`,
    firstBar: firstHeldOut(range, barGrid(venue, interval), pipeline.training.parts), historyEnd: range.to, repeatedVersion: typeof version === 'number' ? version : undefined,
  }
}

/** Where the test part begins: after the shares of the training and the tuning part. */
function firstHeldOut(range: { from: number; to: number }, grid: BarGrid, [train, validation, test]: readonly [number, number, number]): number {
  const whole = train + validation + test
  const times = grid.times(range)
  return times[Math.floor(times.length * (train / whole + validation / whole))] ?? range.to
}
