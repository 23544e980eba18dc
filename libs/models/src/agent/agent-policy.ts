import type { AccountRules } from '../backtest/account.ts'
import type { StrategyPlan } from '../backtest/run-backtest.ts'
import type { Strategy, StrategyBar, TradeAction, TradeSignal } from '../backtest/strategy.ts'
import { normaliseFeatures, type Normaliser } from '../normaliser.ts'
import { bestAction, type QArchitecture, unpackParameters } from './q-network.ts'
import { openQMemory } from './q-memory.ts'

/** What an agent has learnt: a network, and what it must be shown. */
export interface AgentPolicy {
  architecture: QArchitecture
  /** Packed, see q-network.ts. */
  parameters: Float32Array
  /** Bars that it looks at. */
  windowBars: number
  /** Of the training bars; `targetScale` is the typical size of a bar's return. */
  normaliser: Normaliser
  symbol: string
  /** What trading cost while it learnt. */
  rules: AccountRules
}

/** What the network's outputs stand for; hold is first, so that it wins where all are worth the same. */
export const agentActions = ['hold', 'buy', 'sell'] as const satisfies readonly TradeAction[]

/** Beside the window: the share of the portfolio that is held in units, 0 to 1. */
export const positionInputs = 1

/** Share of a row's features that must be known for the agent to decide on it. */
const knownShare = 0.5

/** Buying what is held already, and selling what is not, is holding. */
export function toTradeAction(action: number, isInvested: boolean): TradeAction {
  const wanted = agentActions[action]!
  return (wanted === 'buy' && isInvested) || (wanted === 'sell' && !isInvested) ? 'hold' : wanted
}

/** Whether enough is known of a bar to decide on it. */
export function isDecidable(features: Float32Array, at: number, width: number): boolean {
  let known = 0
  for (let f = 0; f < width; f++) if (Number.isFinite(features[at + f]!)) known++
  return known >= width * knownShare
}

/**
 * The agent as a strategy for backtests and live trading. It remembers its window of bars and nothing else; before the window is full, and on a bar of whose
 * features less than half are known, it holds.
 */
export function policyStrategy(policy: AgentPolicy): Strategy {
  const { architecture, normaliser, windowBars } = policy
  const memory = openQMemory(architecture, 1)
  memory.online.set(unpackParameters(architecture, policy.parameters))
  const { featureNames } = normaliser
  const width = featureNames.length
  const window = new Float32Array(windowBars * width)
  let seen: { first: number; last: number } | undefined
  return {
    name: 'dqn',
    onBar(bar) {
      shiftWindow(window, width, seen ? bar.index - seen.last : windowBars)
      if (bar.features) window.set(normaliseFeatures({ features: bar.features, featureNames }, normaliser), (windowBars - 1) * width)
      seen = { first: seen?.first ?? bar.index, last: bar.index }
      if (bar.index - seen.first < windowBars - 1 || !bar.features || !isDecidable(bar.features, 0, width)) return { action: 'hold' }
      memory.observations.set(window)
      memory.observations[window.length] = investedShare(bar)
      memory.forward('online', 1)
      return toSignal(toTradeAction(bestAction(memory.head, 0, architecture), bar.position > 0))
    },
  }
}

const signals: Readonly<Record<TradeAction, TradeSignal>> = { hold: { action: 'hold' }, buy: { action: 'buy' }, sell: { action: 'sell' } }
const toSignal = (action: TradeAction) => signals[action]

export const investedShare = ({ position, portfolioValue, candle }: Pick<StrategyBar, 'position' | 'portfolioValue' | 'candle'>) =>
  (portfolioValue > 0 ? (position * candle.close) / portfolioValue : 0)

/** The agent for the backtest engine. */
export const policyPlan = (policy: AgentPolicy): StrategyPlan => ({ name: 'dqn', warmupBars: policy.windowBars - 1, create: () => policyStrategy(policy) })

/** Makes room for `bars` further rows, zeros as for bars of which nothing is known. */
function shiftWindow(window: Float32Array, width: number, bars: number): void {
  const moved = Math.min(bars * width, window.length)
  window.copyWithin(0, moved)
  window.fill(0, window.length - moved)
}
