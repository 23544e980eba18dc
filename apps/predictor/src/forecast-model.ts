import { featureSets, type FeatureSet, type Interval, type ModelVersion, StreamForgeError } from '@streamforge/contracts'
import { type AssetRelations, checkFeatureNames, graphCollections, type ModelRegistry, readRelations, toAssetRelations } from '@streamforge/models'
import { decodeGnn, errorBand, type ErrorBand, type GnnModel, type KeptBar, openBarWindows, openForecaster, type Tensors } from '@streamforge/models/tensors'
import type { Store } from '@streamforge/store'
import { keptBars } from './bar-windows.ts'
import type { ReadyModel } from './champion.ts'

/** A registered version that is ready to forecast. */
export interface ForecastModel extends ReadyModel {
  /** Expected simple returns of the assets after the newest of adjoining bars, [N]; NaN for those that are absent in it. */
  forecast(bars: readonly (KeptBar | undefined)[]): Float32Array
  /** How far outcomes lie from forecasts of a symbol. */
  band(symbol: string): ErrorBand
  readonly coverage: number
}

export interface ModelLoader {
  store: Store
  registry: ModelRegistry
  tensors: Tensors
  symbols: readonly string[]
  interval: Interval
  featureSet: FeatureSet
}

/**
 * Reads a version's files and relations and runs it once, so that nothing is left to fail when it takes over.
 * @throws StreamForgeError MODEL_CORRUPT, MODEL_MISMATCH, STAGE_INPUT_MISSING for a graph that is gone; of the store and the registry
 */
export async function loadModel(loader: ModelLoader, version: ModelVersion): Promise<ForecastModel> {
  const { registry, tensors, symbols } = loader
  checkFit(loader, version)
  const model = decodeGnn({ 'model.json': await registry.file(version, 'model.json'), 'weights.bin': await registry.file(version, 'weights.bin') })
  checkFeatureNames(featureSets[loader.featureSet], model.normaliser.featureNames)
  const forecaster = openForecaster(tensors, model, await relationsOf(loader, version, model), symbols.length)
  const windows = openBarWindows({ ...model, assets: symbols.length })
  const ready: ForecastModel = {
    version, coverage: model.interval.coverage, band: (symbol) => errorBand(model.interval, symbol), dispose: () => forecaster.dispose(),
    forecast(bars) {
      const cut = windows(bars)
      return forecaster.run(cut, 1).map((value, n) => (cut.presentAssets[n] === 0 ? NaN : value * model.normaliser.targetScale))
    },
  }
  ready.forecast([{ revision: 0, features: new Float32Array(symbols.length * model.normaliser.featureNames.length) }])
  return ready
}

function checkFit({ interval, featureSet }: ModelLoader, version: ModelVersion): void {
  const wrong = version.interval !== interval ? `is for bars of ${version.interval}, not ${interval}`
    : version.feature_set !== featureSet ? `was trained on the features ${version.feature_set}, not ${featureSet}`
      : version.window_bars > keptBars ? `looks at ${version.window_bars} bars; ${keptBars} are kept` : undefined
  if (wrong === undefined) return
  throw new StreamForgeError('MODEL_MISMATCH', `${version.model} version ${version.version} ${wrong}`, { remedy: 'promote a version that was trained on this feature set and interval' })
}

/** Those of the graph that it was trained with; of symbols that are not in it there are none. */
async function relationsOf({ store, symbols }: ModelLoader, version: ModelVersion, { architecture }: GnnModel): Promise<AssetRelations> {
  if (version.graph_version === undefined || architecture.relationKinds.length === 0) return { kinds: [], weights: [] }
  const relations = await readRelations(store, graphCollections(), version.graph_version)
  const kinds = architecture.relationKinds.map((kind) => kind as (typeof relations)[number]['kind'])
  return toAssetRelations(relations, symbols, kinds)
}
