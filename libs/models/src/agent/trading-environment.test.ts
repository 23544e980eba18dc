import { expect, it } from 'vitest'
import { runBacktest } from '../backtest/run-backtest.ts'
import { seededRandom } from '../seeded-random.ts'
import { agentActions } from './agent-policy.ts'
import { rules, walkingMarket } from './agent.test-support.ts'
import { resumableRandom } from './resumable-random.ts'
import { fitMarketNormaliser } from './train-agent.ts'
import { createTradingEnvironment } from './trading-environment.ts'

const bars = walkingMarket(300, { seed: 4, missing: (i) => i % 41 === 7 || (i > 250 && i < 255) })
const range = { from: 3, to: 290 }
const normaliser = fitMarketNormaliser(bars, range)
const windowBars = 4
const opened = (episodeBars = 1_000) => createTradingEnvironment({ bars, rules, normaliser, windowBars, range, episodeBars })

it('earns what the same orders earn in a backtest, missing bars included', () => {
  const environment = opened()
  const state = new Float32Array(2)
  environment.reset(state, resumableRandom(1))
  expect([...state]).toEqual([3, 0])
  const random = seededRandom(9)
  const ordered = new Map<number, number>()
  let earned = 0
  for (; !environment.truncated;) {
    const action = Math.floor(3 * random())
    ordered.set(state[0]!, action)
    environment.step(action, state)
    earned += environment.reward
  }
  expect(state[0]).toBe(289)
  const plan = { name: 'same', warmupBars: 0, create: () => ({
    name: 'same',
    onBar: ({ index, position }: { index: number; position: number }) => {
      const action = agentActions[ordered.get(index) ?? 0]!
      return { action: (action === 'buy') === (position > 0) ? 'hold' as const : action }
    },
  }) }
  const run = runBacktest({ bars, rules, segments: [{ ...range, plan }] })
  expect(run.fills.length).toBeGreaterThan(50)
  expect(earned * normaliser.targetScale).toBeCloseTo(Math.log(run.values.at(-1)! / rules.initialCapital), 10)
})

it('shows the window of bars up to the one that has closed, and nothing later', () => {
  const environment = opened()
  const before = Float32Array.from({ length: environment.observationSize + 2 }, () => 77)
  environment.observe(Float32Array.of(9, 9, 60, 0.25), 2, before, 1)
  const changed = { ...bars, features: bars.features.slice(), close: bars.close.slice() }
  changed.features.fill(3, 61 * 3)
  changed.close.fill(500, 61)
  const after = before.slice()
  createTradingEnvironment({ bars: changed, rules, normaliser, windowBars, range, episodeBars: 10 }).observe(Float32Array.of(9, 9, 60, 0.25), 2, after, 1)
  expect([...after]).toEqual([...before])
  const scaled = (bar: number, f: number) => (bars.features[3 * bar + f]! - normaliser.centres[f]!) / normaliser.scales[f]!
  const expected = [57, 58, 59, 60].flatMap((bar) => [0, 1, 2].map((f) => expect.closeTo(scaled(bar, f), 5) as number))
  expect([...before]).toEqual([77, ...expected, 0.25, 77])
})

it('sees nothing where the series has not begun, or where a bar is missing', () => {
  const environment = opened()
  const observation = new Float32Array(environment.observationSize)
  environment.observe(Float32Array.of(1, 0), 0, observation, 0)
  expect([...observation.subarray(0, 6)]).toEqual([0, 0, 0, 0, 0, 0])
  environment.observe(Float32Array.of(8, 0), 0, observation, 0)
  expect([...observation.subarray(6, 9)]).toEqual([0, 0, 0])
})

it('draws where episodes begin, within the range, and ends them after so many bars that are there', () => {
  const environment = opened(20)
  const random = resumableRandom(2)
  const starts = new Set<number>()
  const state = new Float32Array(2)
  for (let episode = 0; episode < 200; episode++) {
    environment.reset(state, random)
    starts.add(state[0]!)
    expect(bars.close[state[0]!]).toBeGreaterThan(0)
    let steps = 0
    for (; !environment.truncated; steps++) environment.step(0, state)
    expect(steps).toBe(20)
    expect(state[0]).toBeLessThan(290)
  }
  expect(starts.size).toBeGreaterThan(100)
})
