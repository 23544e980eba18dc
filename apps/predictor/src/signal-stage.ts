import {
  agentModelName, ceilToInterval, floorToInterval, isStageType, parseStageType, type Pipeline, type StageInput, type StageSpec, StreamForgeError,
} from '@streamforge/contracts'
import type { AccountRules } from '@streamforge/models'

/** A stage in which agents trade on paper, live. */
export interface SignalStage {
  spec: StageSpec
  featureSet: Pipeline['feature_set']
  /** Where the stored features are. */
  features: StageInput
  /** The live candles of each symbol: orders are filled at their opens. */
  candles: ReadonlyMap<string, StageInput>
  rules: AccountRules
  /** End of the stored bars: the first open time after them. What lies before it was backtested. */
  historyEnd: number
  modelOf: (symbol: string) => string
}

/** @throws StreamForgeError STAGE_INPUT_MISSING, BAD_REQUEST */
export function signalStage(spec: StageSpec): SignalStage {
  const { pipeline, interval, queue_id, inputs, symbols, created_at } = spec
  if (pipeline.type !== 'trade_agent' || !spec.live) {
    throw new StreamForgeError('BAD_REQUEST', `stage ${queue_id} has no live bars or is not of a pipeline trade_agent; signals are made of new bars`, { remedy: `ask for a pipeline trade_agent with ws_candles_${interval} among the types` })
  }
  const features = inputs.find(({ type }) => isStageType(type) && parseStageType(type).stage === 'features')
  const candles = new Map(inputs.filter(({ type }) => type === `ws_candles_${interval}`).map((input) => [input.symbol, input]))
  const without = symbols.filter((symbol) => !candles.has(symbol))
  if (!features || without.length > 0) {
    throw new StreamForgeError('STAGE_INPUT_MISSING', `stage ${queue_id} has ${features ? `no live candles of ${without.join(', ')}` : 'no features'} among its inputs`, { remedy: 'retry the workflow' })
  }
  const { initial_capital, fee_bps, slippage_bps, lot_size, position_share } = pipeline.agent
  return {
    spec, features, candles, featureSet: pipeline.feature_set,
    rules: { initialCapital: initial_capital, feeBps: fee_bps, slippageBps: slippage_bps, lotSize: lot_size, positionShare: position_share },
    historyEnd: Math.max(ceilToInterval(features.from, interval), floorToInterval(features.to ?? created_at, interval)),
    modelOf: (symbol) => agentModelName({ model: pipeline.model, symbols, interval }, symbol),
  }
}
