import { catalog, type Candle, DataMessage, type FeatureRow, featureSets, type ModelVersion, Pipeline, recordKey, type Signal, type StageInput } from '@streamforge/contracts'
import { publishMessages } from '@streamforge/bus'
import { type BacktestRun, emptyMarketBars, type MarketBars, runBacktest, seededRandom } from '@streamforge/models'
import { type AgentPolicy, encodeAgent, firstParameters, hashOfAgent, packParameters, policyPlan } from '@streamforge/models/agent'
import { bars, from, openStage, rowOf, type Stage, step, symbols as allSymbols } from './predictor-fixture.ts'

export const symbols = allSymbols.slice(0, 2)
const queueTopic = (symbol: string) => `wf-${symbol.toLowerCase()}-ws_candles_5m-20250101-a1b2c3-data`
export const candleCollection = (symbol: string) => `${symbol.toLowerCase()}_api_candles_5m_2025_01_01`
export const windowBars = 3
export const rules = { initialCapital: 10_000, feeBps: 10, slippageBps: 5, lotSize: 0.001, positionShare: 0.9 }

const candleInput = (symbol: string): StageInput => ({
  queue_id: queueTopic(symbol).slice(0, -'-data'.length), venue: 'binance', symbol, type: 'ws_candles_5m', collection_name: candleCollection(symbol), kafka_topic: queueTopic(symbol), from,
})
const featuresInput: StageInput = {
  queue_id: 'wf-all-features_5m-20250101-a1b2c3', venue: 'binance', symbol: 'ALL', type: 'features_5m', collection_name: 'features_5m_a1b2c3', kafka_topic: 'wf-all-features_5m-20250101-a1b2c3-data',
  from, to: from + bars * step,
}

/** A random walk; the same for the same symbol and bar. Its features are noise. */
export function candleOf(symbol: string, bar: number): Candle {
  const random = seededRandom(7 + allSymbols.indexOf(symbol) * 1_000 + bar)
  const open = 100 + 10 * Math.sin(bar / 5) + random()
  const close = open + 2 * (random() - 0.5)
  return {
    kind: 'candle', venue: 'binance', symbol, interval: '5m', open_time: from + bar * step, open, high: Math.max(open, close) + 0.1, low: Math.min(open, close) - 0.1, close,
    volume: bar % 13 === 0 ? 0 : 5, event_time: from + (bar + 1) * step, known_time: from + (bar + 1) * step, backfilled: false,
  }
}
export const barRow = (symbol: string, bar: number): FeatureRow => rowOf(symbol, bar, { close: candleOf(symbol, bar).close, ...(bar % 17 === 0 && { values: featureSets.bars_v1.map(() => null) }) })

export interface SignalScene {
  stage: Stage
  register: (symbol: string, seed: number, version?: Partial<ModelVersion>) => Promise<ModelVersion>
  /** Candles on their topics, rows on the stage's, of each bar in the list. */
  live: (of: readonly number[], which?: readonly string[]) => Promise<void>
  candles: (of: readonly number[], which?: readonly string[]) => Promise<void>
  signals: () => Promise<Signal[]>
  until: (count: number, end?: Promise<unknown>) => Promise<Signal[]>
}

export async function openSignalScene(): Promise<SignalScene> {
  const stage = await openStage()
  for (const symbol of symbols) await stage.bus.admin.createTopic({ name: queueTopic(symbol), partitions: 1 })
  await stage.plan({
    live: true, to: undefined, symbols, inputs: [...symbols.map(candleInput), featuresInput],
    pipeline: Pipeline.parse({ type: 'trade_agent', agent: { initial_capital: rules.initialCapital, lot_size: rules.lotSize, position_share: rules.positionShare } }),
  })
  await stage.history(Array.from({ length: bars }, (_, bar) => symbols.map((symbol) => barRow(symbol, bar))).flat())
  const candles: SignalScene['candles'] = async (of, which = symbols) => {
    for (const symbol of which) await publishMessages(stage.bus, catalog.data, of.map((bar) => candleOf(symbol, bar)), { topic: queueTopic(symbol) })
  }
  const signals = async () => {
    const messages = (await stage.bus.admin.peek(stageTopic, { partition: 0, limit: 100_000 })).map(({ value }) => DataMessage.parse(JSON.parse(value.toString())))
    return messages.flatMap((message) => (message.kind === 'signal' ? [message] : []))
  }
  return {
    stage, candles, signals,
    async live(of, which = symbols) {
      await candles(of, which)
      await stage.live(of.flatMap((bar) => which.map((symbol) => barRow(symbol, bar))))
    },
    register: (symbol, seed, version) => registerAgent(stage, symbol, seed, version),
    async until(count, end) {
      let ended = false
      void end?.then(() => { ended = true })
      for (;;) {
        const now = await signals()
        if (ended || now.length >= count) return now
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
  }
}

export const stageTopic = 'wf-all-forecast_5m-20250101-a1b2c3-data'

async function registerAgent(stage: Stage, symbol: string, seed: number, rest: Partial<ModelVersion> = {}): Promise<ModelVersion> {
  const policy = randomPolicy(symbol, seed)
  const version = await stage.registry.registerVersion({
    model: `agent-${symbol.toLowerCase()}-5m`, run_id: `run-${symbol.toLowerCase()}-${seed}`, queue_id: 'wf-all-train_agent_5m-20250101-a1b2c3', workflow_id: 'wf-a1b2c3', hash: hashOfAgent(policy),
    feature_set: 'bars_v1', symbols: [symbol], interval: '5m', horizon_bars: 1, window_bars: windowBars, scores: {}, baselines: {}, held_out: { from, to: from + step },
    promotion: { promoted: true, reason: 'a test' }, created_at: from, ...rest,
  }, Object.entries(encodeAgent(policy)).map(([name, content]) => ({ name, content: content as Uint8Array })))
  await stage.registry.setAlias({ model: version.model, alias: 'champion', version: version.version, reason: 'a test' })
  return version
}

export function randomPolicy(symbol: string, seed: number): AgentPolicy {
  const featureNames = featureSets.bars_v1
  const architecture = { inputs: windowBars * featureNames.length + 1, hidden: 8, actions: 3, dueling: true }
  const of = (value: number) => featureNames.map(() => value)
  return {
    architecture, parameters: undecided(packParameters(architecture, firstParameters(architecture, seed))), windowBars, symbol, rules,
    normaliser: { featureNames, centres: of(0), scales: of(0.2), clip: 5, targetScale: 0.01 },
  }
}

/** Without what makes one action better whatever is seen: the head's [8, 4] weights have the mean 0, and no biases. So it is often of another mind. */
function undecided(parameters: Float32Array): Float32Array {
  const head = parameters.subarray(-36, -4)
  for (let action = 0; action < 4; action++) {
    let mean = 0
    for (let unit = 0; unit < 8; unit++) mean += head[4 * unit + action]! / 8
    for (let unit = 0; unit < 8; unit++) head[4 * unit + action]! -= mean
  }
  return parameters.fill(0, -4)
}

/** What the engine makes of the same bars; `missing` bars are not there. */
export function backtestOf(symbol: string, policy: AgentPolicy, to: number, missing: readonly number[] = []): BacktestRun {
  return runBacktest({ bars: marketOf(symbol, to, missing), rules, segments: [{ from: bars, to, plan: policyPlan(policy) }] })
}

function marketOf(symbol: string, to: number, missing: readonly number[]): MarketBars {
  const featureNames = featureSets.bars_v1
  const market = emptyMarketBars(symbol, Array.from({ length: to }, (_, bar) => from + bar * step), featureNames)
  for (let bar = 0; bar < to; bar++) {
    if (missing.includes(bar)) continue
    const candle = candleOf(symbol, bar)
    for (const column of ['open', 'high', 'low', 'close', 'volume'] as const) market[column][bar] = candle[column]
    market.features.set(barRow(symbol, bar).values.map((value) => value ?? NaN), bar * featureNames.length)
  }
  return market
}

export const storedSignals = (signals: readonly Signal[]) => signals.map((signal) => ({ _key: recordKey(signal), ...signal }))
