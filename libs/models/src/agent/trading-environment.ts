import { type AccountRules, openAccount, placeOrder, portfolioValue, settleOrder, type Account } from '../backtest/account.ts'
import { isPresent } from '../backtest/market-bars.ts'
import type { MarketBars } from '../backtest/strategy.ts'
import { normaliseFeatures, type Normaliser } from '../normaliser.ts'
import type { BarRange } from '../time-split.ts'
import { agentActions, isDecidable, positionInputs, toTradeAction } from './agent-policy.ts'
import type { Environment } from './environment.ts'
import type { ResumableRandom } from './resumable-random.ts'

export interface TradingPlan {
  bars: MarketBars
  rules: AccountRules
  normaliser: Normaliser
  /** Bars that the agent looks at. */
  windowBars: number
  /** Bars in which it may trade; the bars of the first window may lie before it. */
  range: BarRange
  /** Bars of an episode. */
  episodeBars: number
}

interface Trading extends TradingPlan {
  /** [T, F], normalised. */
  scaled: Float32Array
  width: number
  /** Bars of the range that are there, ascending. */
  present: Uint32Array
  account: Account
  /** Bar after which the episode is over. */
  last: number
  value: number
}

/**
 * Trading one symbol, as an environment to learn in. A state is the bar that has closed and the share of the portfolio that is held in units; the network
 * sees the normalised features of the last `windowBars` bars and that share. What it orders is filled at the open of the next bar, by the account that
 * backtests and live trading use. The reward is the change of the logarithm of the portfolio's value at the closes, after costs, in units of the typical
 * return of a bar. Episodes begin at a bar drawn at random, without units. The range needs two bars that are there.
 */
export function createTradingEnvironment(plan: TradingPlan): Environment {
  const { bars, windowBars, normaliser, rules, range } = plan
  const width = bars.featureNames.length
  const present = Uint32Array.from({ length: range.to - range.from }, (_, i) => range.from + i).filter((index) => isPresent(bars, index))
  const trading: Trading = { ...plan, width, present, scaled: normaliseFeatures(bars, normaliser), account: openAccount(rules), last: 0, value: rules.initialCapital }
  const environment = {
    stateSize: 2, observationSize: windowBars * width + positionInputs, actions: agentActions.length, reward: 0, terminated: false, truncated: false,
    reset(state: Float32Array, random: ResumableRandom) {
      state[0] = beginEpisode(trading, random)
      state[1] = 0
      environment.truncated = false
    },
    step(action: number, state: Float32Array) {
      const { account } = trading
      const index = state[0]!
      if (isDecidable(bars.features, index * width, width)) placeOrder(account, toTradeAction(action, account.position > 0))
      const next = goOn(trading, index)
      const close = bars.close[next]!
      const value = portfolioValue(account, close)
      environment.reward = Math.log(value / trading.value) / normaliser.targetScale
      trading.value = value
      state[0] = next
      state[1] = (account.position * close) / value
      environment.truncated = next >= trading.last
    },
    observe: (states: Float32Array, from: number, observations: Float32Array, at: number) => observe(trading, states, from, observations, at),
  }
  return environment
}

/** Draws where it begins, among the bars that are there; gives that bar. */
function beginEpisode(trading: Trading, random: ResumableRandom): number {
  const { present, episodeBars, rules } = trading
  const start = random.below(Math.max(1, present.length - episodeBars))
  Object.assign(trading.account, openAccount(rules))
  trading.value = rules.initialCapital
  trading.last = present[Math.min(start + episodeBars, present.length - 1)]!
  return present[start]!
}

/** The next bar that is there: for it an order waits. */
function goOn({ bars, account, rules, last }: Trading, index: number): number {
  let next = index + 1
  while (next < last && !isPresent(bars, next)) next++
  settleOrder(account, rules, bars.open[next]!, bars.volume[next]!)
  return next
}

function observe({ scaled, windowBars, width }: Trading, states: Float32Array, from: number, observations: Float32Array, at: number): void {
  const end = (states[from]! + 1) * width
  const begin = end - windowBars * width
  const size = end - begin
  for (let i = 0; i < size; i++) observations[at + i] = begin + i < 0 ? 0 : scaled[begin + i]!
  observations[at + size] = states[from + 1]!
}
