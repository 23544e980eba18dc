import { type FeatureRow, type GraphVersion, StreamForgeError } from '@streamforge/contracts'
import { readFeaturesAsOf } from '@streamforge/market'
import {
  type AssetRelations, graphCollections, listGraphVersions, type Panel, readRelations, splitByShare, startPanel, type TimeSplit, toAssetRelations,
} from '@streamforge/models'
import type { Store } from '@streamforge/store'
import { checkTrainingData, fewestRows } from './check-training-data.ts'
import type { TrainingStage } from './training-stage.ts'

export interface TrainingData {
  panel: Panel
  split: TimeSplit
  relations: AssetRelations
  graphVersion: string | undefined
}

export interface ReadOptions {
  signal: AbortSignal
  onRead: (rows: number) => void
}

/**
 * What the stage learns from: features that were known by the end of its range (of live data, when it was planned), in the parts that it asks for, and the
 * newest graph whose window ends before the tuning part begins.
 * @throws StreamForgeError TOO_FEW_BARS, NO_DATA, CONSTANT_SERIES, BAD_TRAINING_DATA, STAGE_INPUT_MISSING
 */
export async function readTrainingData(store: Store, stage: TrainingStage, options: ReadOptions): Promise<TrainingData> {
  const split = splitStage(stage)
  const panel = await readPanel(store, stage, options)
  checkTrainingData(panel, split)
  return { panel, split, ...await readGraph(store, stage, split) }
}

function splitStage({ pipeline: { training }, openTimes }: TrainingStage): TimeSplit {
  const [train, validation, test] = training.parts
  const whole = train + validation + test
  return splitByShare({
    bars: openTimes.length, window: training.window_bars, horizon: training.horizon_bars, embargo: training.embargo_bars,
    train: train / whole, validation: validation / whole, smallest: fewestRows,
  })
}

async function readPanel(store: Store, stage: TrainingStage, { signal, onRead }: ReadOptions): Promise<Panel> {
  const { spec, pipeline, features, featureNames, openTimes } = stage
  const writer = startPanel({ symbols: spec.symbols, featureNames, horizonBars: pipeline.training.horizon_bars, openTimes })
  let read = 0
  const range = { from: openTimes[0]!, to: openTimes.at(-1)! + 1 }
  const asOf = spec.to === undefined ? { asOf: spec.created_at } : {}
  for await (const rows of readFeaturesAsOf(store, { collection: features.collection_name, symbols: spec.symbols, interval: spec.interval, ...range, ...asOf })) {
    signal.throwIfAborted()
    for (const row of rows) {
      checkRow(row, stage)
      writer.place({ symbol: row.symbol, openTime: row.open_time, knownTime: row.known_time, close: row.close, values: row.values })
    }
    read += rows.length
    onRead(read)
  }
  return writer.finish()
}

/** Stored documents are JSON of whoever wrote them: a value that is no number must not become one. */
function checkRow(row: FeatureRow, { pipeline, featureNames }: TrainingStage): void {
  const wrong = row.feature_set !== pipeline.feature_set ? `feature set ${row.feature_set} instead of ${pipeline.feature_set}`
    : !Number.isFinite(row.close) ? `close ${String(row.close)}`
      : featureNames.find((_, f) => row.values[f] !== null && !Number.isFinite(row.values[f]))
  if (wrong === undefined) return
  throw new StreamForgeError('BAD_TRAINING_DATA', `the features of ${row.symbol} at ${new Date(row.open_time).toISOString()} cannot be used: ${wrong} is not a number or not what is expected`, {
    remedy: 'compute the features again', details: { symbol: row.symbol, open_time: row.open_time },
  })
}

async function readGraph(store: Store, { spec, pipeline, graph, openTimes }: TrainingStage, { validation }: TimeSplit): Promise<Pick<TrainingData, 'relations' | 'graphVersion'>> {
  if (!graph) return { relations: { kinds: [], weights: [] }, graphVersion: undefined }
  const collections = graphCollections(spec)
  const endsBy = openTimes[validation.from]!
  const [version]: (GraphVersion | undefined)[] = await listGraphVersions(store, collections, { queueId: graph.queue_id, endsBy, limit: 1 })
  if (!version) {
    throw new StreamForgeError('STAGE_INPUT_MISSING', `graph stage ${graph.queue_id} has no version whose window ends by ${new Date(endsBy).toISOString()}, before the network is tuned`, {
      remedy: 'retry the workflow: the stage before builds it',
    })
  }
  const relations = await readRelations(store, collections, version.version)
  return { relations: toAssetRelations(relations, spec.symbols, pipeline.graph.kinds), graphVersion: version.version }
}
