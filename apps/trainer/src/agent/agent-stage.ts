import { agentModelName, featureSets, type AgentParameters, isStageType, parseStageType, type Pipeline, type StageInput, type StageSpec, StreamForgeError } from '@streamforge/contracts'
import { type AccountRules, type Fold, planWalkForward } from '@streamforge/models'
import { openTimesOf, runIdOf } from '../training-stage.ts'

/** A stage that trains one trading agent a symbol. */
export interface AgentStage {
  spec: StageSpec
  pipeline: Extract<Pipeline, { type: 'trade_agent' }>
  agent: AgentParameters
  rules: AccountRules
  /** Where the stage before has stored the features. */
  features: StageInput
  featureNames: readonly string[]
  /** Open times of all bars of the range. */
  openTimes: number[]
  folds: Fold[]
}

/** Fewest bars of a part. */
const fewestBars = 20

/** @throws StreamForgeError STAGE_INPUT_MISSING, BAD_REQUEST, TOO_FEW_BARS */
export function agentStage(spec: StageSpec): AgentStage {
  const { pipeline, queue_id, inputs } = spec
  if (pipeline.type !== 'trade_agent') {
    throw new StreamForgeError('BAD_REQUEST', `stage ${queue_id} is of a pipeline ${pipeline.type}; an agent is trained by pipelines trade_agent`, { remedy: 'ask for a pipeline of type trade_agent' })
  }
  const features = inputs.find(({ type }) => isStageType(type) && parseStageType(type).stage === 'features')
  if (!features) throw new StreamForgeError('STAGE_INPUT_MISSING', `stage ${queue_id} has no features among its inputs`, { remedy: 'retry the workflow: the stage before makes them' })
  const { agent } = pipeline
  const openTimes = openTimesOf(spec)
  return {
    spec, pipeline, agent, features, featureNames: featureSets[pipeline.feature_set], openTimes, rules: rulesOf(agent),
    folds: planWalkForward({ bars: openTimes.length, parts: agent.parts, walks: agent.walks, window: agent.window_bars, smallest: fewestBars }),
  }
}

const rulesOf = ({ initial_capital, fee_bps, slippage_bps, lot_size, position_share }: AgentParameters): AccountRules =>
  ({ initialCapital: initial_capital, feeBps: fee_bps, slippageBps: slippage_bps, lotSize: lot_size, positionShare: position_share })

/** One agent's: its registered model and its run, the same for every attempt. */
export const agentRunId = ({ spec }: AgentStage, symbol: string) => runIdOf(`${spec.queue_id}-${symbol}`)

/** The predictor follows it by the same name. */
export const agentModel = ({ spec: { symbols, interval }, pipeline: { model } }: AgentStage, symbol: string): string => agentModelName({ model, symbols, interval }, symbol)
