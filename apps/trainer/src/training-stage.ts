import {
  barGrid, featureSets, floorToInterval, isStageType, parseStageType, type Pipeline, type StageInput, type StageName, type StageSpec, StreamForgeError,
} from '@streamforge/contracts'

/** A stage that trains a forecasting network. */
export interface TrainingStage {
  spec: StageSpec
  pipeline: Extract<Pipeline, { type: 'train_gnn' }>
  /** Where the stage before has stored the features. */
  features: StageInput
  /** The stage that has built the asset graph; undefined: there is none, and the network sees each asset by itself. */
  graph: StageInput | undefined
  featureNames: readonly string[]
  /** Open times of all bars of the range. */
  openTimes: number[]
  model: string
  runId: string
}

/** @throws StreamForgeError STAGE_INPUT_MISSING, BAD_REQUEST */
export function trainingStage(spec: StageSpec): TrainingStage {
  const { pipeline, interval, queue_id } = spec
  if (pipeline.type !== 'train_gnn') {
    throw new StreamForgeError('BAD_REQUEST', `stage ${queue_id} is of a pipeline ${pipeline.type}; this trainer trains pipelines train_gnn`, { remedy: 'ask for a pipeline of type train_gnn' })
  }
  const features = inputOf(spec, 'features')
  if (!features) {
    throw new StreamForgeError('STAGE_INPUT_MISSING', `stage ${queue_id} has no features among its inputs`, { remedy: 'retry the workflow: the stage before makes them' })
  }
  return {
    spec, pipeline, features, graph: inputOf(spec, 'graph'), featureNames: featureSets[pipeline.feature_set], openTimes: openTimesOf(spec),
    model: pipeline.model ?? `gnn-${interval.toLowerCase()}`, runId: runIdOf(queue_id),
  }
}

/** The same for every attempt of the queue. */
export const runIdOf = (queueId: string) => `run-${queueId.toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(-80)}`

function inputOf({ inputs }: StageSpec, stage: StageName): StageInput | undefined {
  return inputs.find(({ type }) => isStageType(type) && parseStageType(type).stage === stage)
}

/** Open times of the range's bars, as the venue's calendar has them. Of live data: what had closed when the stage was planned, however late it is run; so that each attempt sees the same. */
export function openTimesOf({ venue, from, to, created_at, interval }: StageSpec): number[] {
  return barGrid(venue, interval).times({ from, to: floorToInterval(to ?? created_at, interval) })
}
