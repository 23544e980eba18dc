import { featureSets } from '@streamforge/contracts'
import { emptyMarketBars, seededRandom } from '@streamforge/models'
import { agentOptions, createDqn, createTradingEnvironment, stepDqn } from '@streamforge/models/agent'
import type { BenchmarkResult } from '../row.ts'

const bars = 20_000
const steps = 20_000
const windowBars = 4

/** Environment steps a second, learning included, of the agent as it is trained: double, dueling, batch 64, 27 features of 4 bars, fees and slippage. */
export function benchTrading({ rounds = 3 } = {}): BenchmarkResult {
  const featureNames = featureSets.bars_v1
  const random = seededRandom(1)
  const market = emptyMarketBars('BTCUSDT', Array.from({ length: bars }, (_, i) => i * 300_000), featureNames)
  let close = 100
  for (let i = 0; i < bars; i++) {
    market.open[i] = close
    close *= Math.exp(0.002 * (random() - 0.5))
    market.close[i] = close
    market.volume[i] = 1
  }
  for (let i = 0; i < market.features.length; i++) market.features[i] = random() - 0.5
  const of = (value: number) => featureNames.map(() => value)
  const rules = { initialCapital: 100_000, feeBps: 10, slippageBps: 5, lotSize: 0.00001, positionShare: 0.95 }
  const environment = createTradingEnvironment({
    bars: market, rules, windowBars, range: { from: windowBars, to: bars }, episodeBars: 250,
    normaliser: { featureNames, centres: of(0), scales: of(0.3), clip: 5, targetScale: 0.001 },
  })
  const rates = Array.from({ length: rounds }, () => {
    const dqn = createDqn(environment, agentOptions({ steps }), 1)
    const began = performance.now()
    while (dqn.steps < steps) stepDqn(dqn)
    return steps / ((performance.now() - began) / 1000)
  })
  const value = Math.round(Math.max(...rates))
  return [{ benchmark: 'trading agent', subject: `${windowBars} bars of ${featureNames.length} features, learning`, value, unit: 'steps/s', target: '>= 5,000', met: value >= 5_000 }]
}
