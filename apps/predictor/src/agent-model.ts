import { featureSets, type FeatureSet, type Interval, type ModelVersion, StreamForgeError } from '@streamforge/contracts'
import { checkFeatureNames, type ModelRegistry } from '@streamforge/models'
import { type AgentPolicy, decodeAgent } from '@streamforge/models/agent'
import { keptBars } from './bar-windows.ts'
import type { ReadyModel } from './champion.ts'

/** A registered agent that is ready to decide. */
export interface AgentModel extends ReadyModel {
  readonly policy: AgentPolicy
}

export interface AgentLoader {
  registry: ModelRegistry
  symbol: string
  interval: Interval
  featureSet: FeatureSet
}

/** @throws StreamForgeError MODEL_CORRUPT, MODEL_MISMATCH; of the registry */
export async function loadAgent({ registry, symbol, interval, featureSet }: AgentLoader, version: ModelVersion): Promise<AgentModel> {
  const wrong = version.interval !== interval ? `is for bars of ${version.interval}, not ${interval}`
    : version.feature_set !== featureSet ? `was trained on the features ${version.feature_set}, not ${featureSet}`
      : !version.symbols.includes(symbol) ? `trades ${version.symbols.join(', ')}, not ${symbol}`
        : version.window_bars > keptBars ? `looks at ${version.window_bars} bars; ${keptBars} are kept` : undefined
  if (wrong !== undefined) {
    throw new StreamForgeError('MODEL_MISMATCH', `${version.model} version ${version.version} ${wrong}`, { remedy: 'promote a version that was trained on this symbol, feature set and interval' })
  }
  const policy = decodeAgent({ 'model.json': await registry.file(version, 'model.json'), 'weights.bin': await registry.file(version, 'weights.bin') })
  checkFeatureNames(featureSets[featureSet], policy.normaliser.featureNames)
  return { version, policy, dispose: () => undefined }
}
