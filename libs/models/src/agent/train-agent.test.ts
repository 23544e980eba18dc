import { describe, expect, it } from 'vitest'
import { runBacktest, type StrategyPlan } from '../backtest/run-backtest.ts'
import { buyAndHold } from '../backtest/strategies/buy-and-hold.ts'
import type { MarketBars } from '../backtest/strategy.ts'
import { measure } from '../block-bootstrap.ts'
import { agentActions, policyPlan, policyStrategy } from './agent-policy.ts'
import { rules, walkingMarket } from './agent.test-support.ts'
import { decodeAgent, encodeAgent, hashOfAgent } from './agent-file.ts'
import { fitMarketNormaliser, trainAgent, type TrainAgentInput } from './train-agent.ts'

const parts = { train: { from: 0, to: 1_200 }, validation: { from: 1_200, to: 1_500 } }
const test = { from: 1_500, to: 2_000 }
const market = (seed: number, leak: boolean) => walkingMarket(2_000, { seed, leak })
const train = (bars: MarketBars, more: Partial<TrainAgentInput> = {}) =>
  trainAgent({ bars, ...parts, rules, training: { steps: 8_000, hidden: 32, batchSize: 32, exploringSteps: 3_000, windowBars: 2 }, seed: 3, ...more })

/** Logarithmic returns of the bars. */
function returnsOf(bars: MarketBars, plan: StrategyPlan): Float64Array {
  const { values } = runBacktest({ bars, rules, segments: [{ ...test, plan }] })
  return values.map((value, i) => Math.log(value / (values[i - 1] ?? rules.initialCapital)))
}
const total = (returns: Float64Array) => returns.reduce((sum, value) => sum + value, 0)

/** Mean return of a bar above buy-and-hold's, with its 95 % interval. */
function excess(bars: MarketBars, plan: StrategyPlan) {
  const held = returnsOf(bars, buyAndHold)
  const sums = returnsOf(bars, plan).map((value, i) => value - held[i]!)
  return measure({ sums, weights: sums.map(() => 1) }, { blockBars: 10, resamples: 500, seed: 1 })!
}

describe('the leak probe', () => {
  it('an agent that is given the next return solves the market, on bars that it has not seen', async () => {
    const bars = market(1, true)
    const { policy } = await train(bars)
    const knowing: StrategyPlan = { name: 'knowing', warmupBars: 0, create: () => ({ name: 'knowing', onBar: ({ features, position }) => {
      const next = features![2]!
      return { action: position === 0 ? (next > 0.0015 ? 'buy' : 'hold') : next < -0.0015 ? 'sell' : 'hold' }
    } }) }
    const best = total(returnsOf(bars, knowing))
    expect(best).toBeGreaterThan(0.8)
    expect(total(returnsOf(bars, policyPlan(policy)))).toBeGreaterThan(0.8 * best)
    expect(excess(bars, policyPlan(policy)).low).toBeGreaterThan(0)
  })

  it.each([1, 2, 3])('without it there is nothing to know in random walk %i: the agent does not beat buy-and-hold', async (seed) => {
    const bars = market(seed, false)
    const { policy } = await train(bars)
    expect(excess(bars, policyPlan(policy)).low).toBeLessThan(0)
  })
})

describe('a training', () => {
  const short = { steps: 1_500, hidden: 16, batchSize: 16 }

  it('repeats bit for bit, and keeps the network that did best on the validation bars', async () => {
    const bars = market(7, true)
    const reports: number[] = []
    const first = await train(bars, { training: short, onProgress: ({ steps, etaSeconds }) => { reports.push(steps); expect(etaSeconds).toBeGreaterThanOrEqual(0) } })
    const second = await train(bars, { training: short })
    expect(encodeAgent(second.policy)).toEqual(encodeAgent(first.policy))
    expect(second.history).toEqual(first.history)
    expect(reports).toEqual(Array.from({ length: 20 }, (_, i) => 75 * (i + 1)))
    const scores = first.history.map(({ score }) => score!)
    expect(first.history.find(({ steps }) => steps === first.bestSteps)!.score).toBe(Math.max(...scores))
    expect(new Set(scores).size).toBeGreaterThan(3)
  })

  it('is not moved by bars after those that it learns from', async () => {
    const bars = market(7, true)
    const other = { ...bars, close: bars.close.slice(), features: bars.features.slice() }
    other.close.fill(1, 1_500)
    other.features.fill(5, 3 * 1_500)
    expect(hashOfAgent((await train(other, { training: short })).policy)).toBe(hashOfAgent((await train(bars, { training: short })).policy))
    expect(fitMarketNormaliser(other, parts.train)).toEqual(fitMarketNormaliser(bars, parts.train))
  })

  it('refuses too few bars, and prices that never change', async () => {
    await expect(train(market(1, false), { train: { from: 0, to: 40 } })).rejects.toMatchObject({ code: 'TOO_FEW_BARS', message: 'an agent cannot learn from 39 bars of BTCUSDT; at least 50 are needed' })
    const still = market(1, false)
    still.close.fill(10)
    await expect(train(still)).rejects.toMatchObject({ code: 'CONSTANT_SERIES' })
  })
})

describe('a policy', () => {
  it('holds until its window is full and where too little is known; nothing else is remembered', async () => {
    const bars = market(7, true)
    const { policy } = await train(bars, { training: { steps: 1_500, hidden: 16, batchSize: 16, windowBars: 4 } })
    const shown = (index: number, features: Float32Array | null = bars.features.subarray(3 * index, 3 * index + 3)) => ({
      index, openTime: bars.openTimes[index]!, candle: { open: 1, high: 1, low: 1, close: bars.close[index]!, volume: 1 }, features, position: 0, cash: 1_000, portfolioValue: 1_000,
    })
    const decide = (from: number, to: number) => {
      const strategy = policyStrategy(policy)
      return Array.from({ length: to - from }, (_, i) => strategy.onBar(shown(from + i)).action)
    }
    const long = decide(100, 400)
    expect(new Set(long)).toEqual(new Set(['hold', 'buy']))
    expect(long.slice(0, 3)).toEqual(['hold', 'hold', 'hold'])
    expect(decide(200, 400).slice(3)).toEqual(long.slice(103))
    const strategy = policyStrategy(policy)
    for (let index = 100; index < 400; index++) {
      expect(strategy.onBar(shown(index, index % 2 ? null : Float32Array.of(NaN, NaN, 0.5)))).toEqual({ action: 'hold' })
    }
  })

  it('is read from its files bit for bit; broken ones are refused', async () => {
    const { policy } = await train(market(7, true), { training: { steps: 300, hidden: 10, batchSize: 16 } })
    const files = encodeAgent(policy)
    expect(decodeAgent(files)).toEqual(policy)
    expect(hashOfAgent(decodeAgent(files))).toBe(hashOfAgent(policy))
    const altered = Uint8Array.from(files['weights.bin'])
    altered[5]! ^= 1
    const edited = (change: (header: Record<string, unknown> & { architecture: Record<string, unknown> }) => void) => {
      const header = JSON.parse(Buffer.from(files['model.json']).toString()) as Record<string, unknown> & { architecture: Record<string, unknown> }
      change(header)
      return { ...files, 'model.json': Buffer.from(JSON.stringify(header)) }
    }
    const broken: [RegExp, typeof files][] = [
      [/weights.bin has 40 bytes; \d+ are expected/, { ...files, 'weights.bin': files['weights.bin'].subarray(0, 40) }],
      [/not what model.json has the checksum of/, { ...files, 'weights.bin': altered }],
      [/it is not JSON/, { ...files, 'model.json': files['model.json'].subarray(0, 100) }],
      [/the actions are sell, hold, buy; hold, buy, sell are expected/, edited((header) => { header.actions = ['sell', 'hold', 'buy'] })],
      [/tensors that model.json lists/, edited((header) => { header.architecture.hidden = 12 })],
      [/normalises 3 features in 5 bars; the network has 13 inputs/, edited((header) => { header.window_bars = 5 })],
      [/format: /, edited((header) => { header.format = 'streamforge-gnn' })],
    ]
    for (const [message, these] of broken) expect(() => decodeAgent(these)).toThrow(expect.objectContaining({ code: 'MODEL_CORRUPT', message: expect.stringMatching(message) as string }) as Error)
    expect(agentActions[0]).toBe('hold')
  })
})
