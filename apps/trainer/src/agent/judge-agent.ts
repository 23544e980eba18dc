import { type ModelVersion, toStreamForgeError } from '@streamforge/contracts'
import {
  barReturns, type BarSeries, decidePromotion, isPresent, type MarketBars, type ModelRegistry, type PromotionDecision, runBacktest, type StrategyPlan,
} from '@streamforge/models'
import type { WorkerContext } from '@streamforge/service'
import type { AgentLearner } from './agent-learner.ts'
import type { AgentStage } from './agent-stage.ts'
import { blockLength } from './backtest-symbol.ts'

export interface AgentChallenge {
  registry: ModelRegistry
  learner: AgentLearner
  log: WorkerContext<unknown>['log']
  stage: AgentStage
  model: string
  bars: MarketBars
  /** The agent of the last fold. */
  challenger: StrategyPlan
}

/** Lets the champion trade the newest test bars too, as far as it has not learnt from them; by the mean logarithmic return of a bar it is decided which of the two stays. */
export async function judgeAgent(challenge: AgentChallenge): Promise<PromotionDecision & { championBefore: number | undefined }> {
  const { registry, model, stage: { spec, agent, folds }, bars, challenger } = challenge
  const alias = await registry.alias(model, 'champion')
  const champion = alias && await registry.version(model, alias.model_version)
  const { test } = folds.at(-1)!
  // From the first bar that is new to the champion both begin anew, with the same capital.
  const from = champion ? Math.max(test.from, bars.openTimes.findIndex((time) => time >= champion.held_out.from)) : test.from
  const range = { from, to: test.to }
  const theirs = champion && await planOf(champion, challenge)
  const decision = decidePromotion({
    challenger: seriesOf(challenge, challenger, range), champion: theirs && seriesOf(challenge, theirs, range), championVersion: champion?.version,
    figure: 'log_return', bootstrap: { blockBars: blockLength(spec, test.to - from), resamples: 1000, seed: agent.seed },
  })
  return { ...decision, championBefore: champion?.version }
}

function seriesOf({ stage: { rules }, bars }: AgentChallenge, plan: StrategyPlan, range: { from: number; to: number }): BarSeries {
  const { values } = runBacktest({ bars, rules, segments: [{ ...range, plan }] })
  return {
    sums: barReturns(values, rules.initialCapital).map((value) => Math.log1p(value)),
    weights: values.map((_, at) => (isPresent(bars, range.from + at) ? 1 : 0)),
  }
}

/** Undefined when the champion's files cannot be read, or do not fit these features: then it cannot serve any more. */
async function planOf(champion: ModelVersion, { registry, learner, log, stage: { pipeline } }: AgentChallenge): Promise<StrategyPlan | undefined> {
  if (champion.feature_set !== pipeline.feature_set) return undefined
  try {
    const names = ['model.json', 'weights.bin']
    return learner.read(new Map(await Promise.all(names.map(async (name) => [name, await registry.file(champion, name)] as const))))
  } catch (thrown) {
    const error = toStreamForgeError(thrown)
    if (error.code !== 'MODEL_CORRUPT' && error.code !== 'MODEL_MISMATCH') throw error
    log.warn({ err: error, code: error.code, version: champion.version }, 'the champion cannot trade the held-out bars')
    return undefined
  }
}
