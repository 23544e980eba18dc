import { StreamForgeError } from '@streamforge/contracts'
import type { AccountRules } from '../backtest/account.ts'
import { isPresent } from '../backtest/market-bars.ts'
import { runBacktest } from '../backtest/run-backtest.ts'
import type { MarketBars } from '../backtest/strategy.ts'
import { fitNormaliser, type Normaliser } from '../normaliser.ts'
import { forwardReturns } from '../panel.ts'
import type { CheckpointStore } from '../tensors/train-gnn.ts'
import type { BarRange } from '../time-split.ts'
import { agentActions, type AgentPolicy, policyPlan, positionInputs } from './agent-policy.ts'
import type { Dqn, DqnOptions } from './dqn.ts'
import { sha256 } from './dqn-checkpoint.ts'
import { packParameters } from './q-network.ts'
import { trainDqn, type DqnProgress, type DqnReport } from './train-dqn.ts'
import { createTradingEnvironment } from './trading-environment.ts'

export interface AgentTraining extends Partial<DqnOptions> {
  /** Environment steps. */
  steps: number
  /** Bars that the agent looks at. Default 4: the features themselves reach further back. */
  windowBars?: number
  /** Bars of an episode. Default 250, or a quarter of the training bars where that is less. */
  episodeBars?: number
  /** Environment steps between reports, each with a look at the validation bars. Default: a twentieth. */
  reportEvery?: number
}

export interface TrainAgentInput {
  bars: MarketBars
  /** Bars that it learns from. */
  train: BarRange
  /** Bars that choose the best of its networks; absent: the last one stays. They follow the training bars. */
  validation?: BarRange
  rules: AccountRules
  training: AgentTraining
  seed: number
  onProgress?: (progress: DqnProgress) => void | Promise<void>
  checkpoints?: CheckpointStore
  signal?: AbortSignal
  /** Milliseconds, for durations only. */
  now?: () => number
}

export interface TrainedAgent {
  policy: AgentPolicy
  /** `score`: the logarithmic return on the validation bars, after costs. */
  history: DqnReport[]
  /** Steps after which the policy was there. */
  bestSteps: number
}

/** Fewest bars, without missing ones, that an agent learns from. */
export const fewestAgentBars = 50

/** What an agent's learner does where nothing else is asked for. */
export function agentOptions({ steps, windowBars: _, episodeBars: __, reportEvery: ___, ...asked }: AgentTraining): DqnOptions {
  return {
    hidden: 64, learningRate: 0.0005, discount: 0.97, batchSize: 64, trainEvery: 4, gradientSteps: 1, learningStarts: Math.min(1_000, Math.floor(steps / 10)),
    bufferSize: Math.min(steps, 50_000), targetEvery: 500, targetShare: 1, firstEpsilon: 1, lastEpsilon: 0.05, exploringSteps: Math.floor(0.4 * steps), longestGradient: 10,
    double: true, dueling: true, ...asked,
  }
}

/**
 * Trains an agent on one symbol. The normalisation is fitted on the training bars; orders cost what the rules say. Seeded: the same input gives the same bits.
 * @throws StreamForgeError TOO_FEW_BARS, BAD_TRAINING_DATA, CONSTANT_SERIES
 */
export async function trainAgent(input: TrainAgentInput): Promise<TrainedAgent> {
  const { bars, train, validation, rules, training, seed } = input
  const { windowBars = 4, steps, reportEvery = Math.max(1, Math.floor(steps / 20)) } = training
  const range = { from: Math.max(train.from, windowBars - 1), to: train.to }
  const there = countPresent(bars, range)
  if (there < fewestAgentBars) {
    throw new StreamForgeError('TOO_FEW_BARS', `an agent cannot learn from ${there} bars of ${bars.symbol}; at least ${fewestAgentBars} are needed`, { remedy: 'load a longer time range' })
  }
  const normaliser = fitMarketNormaliser(bars, range)
  const options = agentOptions(training)
  const episodeBars = training.episodeBars ?? Math.min(250, Math.floor(there / 4))
  const environment = createTradingEnvironment({ bars, rules, normaliser, windowBars, range, episodeBars })
  const architecture = { inputs: windowBars * bars.featureNames.length + positionInputs, hidden: options.hidden, actions: agentActions.length, dueling: options.dueling }
  const policyOf = (values: Float32Array): AgentPolicy => ({ architecture, parameters: packParameters(architecture, values), windowBars, normaliser, symbol: bars.symbol, rules })
  const { values, history, bestSteps } = await trainDqn({
    environment, options, steps, seed, reportEvery, fingerprint: fingerprintOf({ range, validation, rules, windowBars, episodeBars, bars }),
    ...(input.onProgress && { onReport: input.onProgress }), ...(input.checkpoints && { checkpoints: input.checkpoints }), ...(input.signal && { signal: input.signal }),
    ...(input.now && { now: input.now }), ...(validation && { judge: ({ memory }: Dqn) => logarithmicReturn(policyOf(memory.online), bars, validation) }),
  })
  return { policy: policyOf(values), history, bestSteps }
}

function countPresent(bars: MarketBars, { from, to }: BarRange): number {
  let count = 0
  for (let index = from; index < to; index++) if (isPresent(bars, index)) count++
  return count
}

/** Returns of one bar are the target's scale: rewards are in units of it. The last training bar's return would reach into the next part. */
export function fitMarketNormaliser(bars: MarketBars, range: BarRange): Normaliser {
  const { symbol, openTimes, featureNames, features, close } = bars
  const panel = { symbols: [symbol], openTimes, knownTimes: openTimes, featureNames, features, close, returns: forwardReturns(close, 1, 1), horizonBars: 1 }
  panel.returns.fill(NaN, range.to - 1)
  return fitNormaliser(panel, range)
}

function logarithmicReturn(policy: AgentPolicy, bars: MarketBars, range: BarRange): number {
  const { values } = runBacktest({ bars, rules: policy.rules, segments: [{ ...range, plan: policyPlan(policy) }] })
  return Math.log(values.at(-1)! / policy.rules.initialCapital)
}

function fingerprintOf({ bars, ...plan }: { bars: MarketBars } & Record<string, unknown>): string {
  const bytes = (column: Float64Array | Float32Array) => new Uint8Array(column.buffer, column.byteOffset, column.byteLength)
  return sha256(JSON.stringify([plan, bars.symbol, bars.featureNames]), ...[bars.openTimes, bars.open, bars.close, bars.volume, bars.features].map(bytes))
}
