import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import {
  forecastKey, forecastScoreKey, GraphParameters, Pipeline, recordKey, StageSpec, type Candle, type EpochReport, type Forecast, type ForecastScore, type GraphVersion,
  type Measured, type ModelVersion, type PromoteRequest, type Scores, type StoredModelAlias, type TrainingRun,
} from '@streamforge/contracts'
import {
  buildRelations, createAssetSeries, ensureGraphCollections, graphCollections, hashRelations, seededRandom, summariseGraph, writeGraphVersion,
} from '@streamforge/models'
import type { Store } from '@streamforge/store'
import type { z } from 'zod'

/** What a workflow that trains a network leaves in the store, made from the contracts: for tests of the pages that show it. */
const step = 300_000
export const symbols = ['AAVEUSDT', 'ADAUSDT', 'AVAXUSDT', 'BNBUSDT', 'BTCUSDT', 'DOGEUSDT', 'DOTUSDT', 'ETHUSDT', 'LINKUSDT', 'LTCUSDT', 'SOLUSDT', 'XRPUSDT'] as const
export const model = 'gnn-5m'
const bars = 600
const origin = { queue_id: 'wf-all-train_gnn_5m-20250101-a1b2c3', workflow_id: 'wf-a1b2c3', feature_set: 'bars_v1' as const, symbols: [...symbols], interval: '5m' as const }
const start = Date.UTC(2025, 0, 1)
const at = (bar: number) => start + bar * step
const hash = (digit: string) => `sha256:${digit.repeat(64)}`

/** Returns of all symbols, bar by bar: one market for all, groups within it, and the second symbol following the first. */
function marketReturns(): number[][] {
  const random = seededRandom(7)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const returns = symbols.map(() => [] as number[])
  for (let bar = 0; bar < bars; bar++) {
    const groups = [normal(), normal(), normal()]
    symbols.forEach((_, n) => {
      const leads = n === 1 ? 1.1 * (returns[0]![bar - 1] ?? 0) : 0
      returns[n]!.push(leads + 0.0012 * (0.35 * groups[0]! * (n % 4) + 0.8 * groups[n % 3]! + 0.6 * normal()))
    })
  }
  return returns
}

export async function storeModelWorkflow(store: Store): Promise<void> {
  const returns = marketReturns()
  for (const name of ['queues', 'stages', 'training_runs', 'model_versions', 'model_aliases', 'forecasts', 'gaps']) await store.ensureCollection(name)
  const closes = returns.map((of, n) => { let price = 20 * (n + 1); return of.map((r) => { price *= 1 + r; return Number(price.toFixed(4)) }) })
  await storeCandles(store, closes)
  await storeForecasts(store, closes, 0, bars)
  await storeGraphs(store, returns)
  await store.writeBatch('training_runs', [run(1, 'finished', 20), run(2, 'finished', 14), run(3, 'running', 6)])
  await store.writeBatch('model_versions', [version(1, 0.031), version(2, 0.064)])
  await store.writeBatch('model_aliases', [alias('champion', 2, 1, 'rank_ic 0.064 against 0.031 of the champion, version 1')])
}

async function storeCandles(store: Store, closes: readonly number[][]): Promise<void> {
  for (const [n, symbol] of symbols.entries()) {
    const collection = `candles_${symbol.toLowerCase()}`
    await store.ensureCollection(collection)
    const candles = closes[n]!.map((close, bar): Candle => {
      const open = closes[n]![bar - 1] ?? close
      return {
        kind: 'candle', venue: 'binance', symbol, interval: '5m', open_time: at(bar), open, close, high: Math.max(open, close) * 1.0006, low: Math.min(open, close) * 0.9994, volume: 100 + (bar % 17) * 9,
        event_time: at(bar + 1), known_time: at(bar + 1), backfilled: true,
      }
    })
    await store.writeBatch(collection, candles.map((candle) => ({ ...candle, _key: recordKey(candle) })))
    await store.writeBatch('queues', [queue(`wf-${symbol.toLowerCase()}-api_candles_5m-20250101-a1b2c3`, symbol, 'api_candles_5m', collection, 'finished')])
  }
  const id = 'wf-all-forecast_5m-20250101-a1b2c3'
  await store.writeBatch('queues', [queue(id, 'ALL', 'forecast_5m', 'forecasts', 'running')])
  await store.writeBatch('stages', [StageSpec.parse({
    _key: id, queue_id: id, workflow_id: origin.workflow_id, type: 'forecast_5m', interval: '5m', venue: 'binance', symbols, from: start, live: true, inputs: [],
    pipeline: Pipeline.parse({ type: 'train_gnn' }), created_at: start,
  })])
}

const queue = (id: string, symbol: string, type: string, collection: string, status: string) => ({
  _key: id, queue_id: id, workflow_id: origin.workflow_id, venue: 'binance', symbol, type, status, time_range: '2025-01-01:2025-01-04', collection_name: collection, kafka_topic: `${id}-data`, version: 1, position: id, jobs: [],
})

/** Forecasts of the bars from..to-1 of all symbols with what came of them; the last has no outcome yet. */
export async function storeForecasts(store: Store, closes: readonly number[][], from: number, to: number): Promise<void> {
  const random = seededRandom(11)
  const documents = symbols.flatMap((symbol, n) => closes[n]!.slice(0, bars).flatMap((close, bar): ((Forecast | ForecastScore) & { _key: string })[] => {
    const noise = 0.0014 * (random() - 0.5)
    if (bar < Math.max(from, 400) || bar >= to) return []
    const next = closes[n]![bar + 1]
    const actual = next === undefined ? undefined : next / close - 1
    const value = 0.35 * (actual ?? 0.001) + noise
    const made = { venue: 'binance', symbol, interval: '5m' as const, open_time: at(bar), model, model_version: bar < 500 ? 1 : 2, horizon_bars: 1, value, backfilled: bar < 590 }
    const [low, high] = [value - 0.0016, value + 0.0016]
    const forecast: Forecast = {
      kind: 'forecast', ...made, run_id: `run-a1b2c3-${made.model_version}`, close, low, high, coverage: 0.9, inputs: [{ topic: 'wf-features-data', partition: 0, offset: String(bar * 12 + n) }],
      target_time: at(bar + 2), event_time: at(bar + 1), known_time: at(bar + 1) + 40,
    }
    const score: ForecastScore[] = actual === undefined ? [] : [{
      kind: 'forecast_score', ...made, actual, hit: Math.sign(value) === Math.sign(actual), covered: actual >= low && actual <= high, event_time: at(bar + 2), known_time: at(bar + 2) + 40,
    }]
    return [{ ...forecast, _key: forecastKey(forecast) }, ...score.map((s) => ({ ...s, _key: forecastScoreKey(s) }))]
  }))
  await store.writeBatch('forecasts', documents)
}

async function storeGraphs(store: Store, returns: readonly number[][]): Promise<void> {
  await ensureGraphCollections(store, graphCollections())
  const parameters = GraphParameters.parse({ nearest: 4, kinds: ['correlation', 'lead_lag', 'volume_volatility'] })
  for (let window = 0; window < 4; window++) {
    const [from, to] = [window * 150, (window + 1) * 150]
    const series = createAssetSeries(symbols, to - from, parameters.maximum_lag_bars)
    returns.forEach((of, n) => {
      const part = of.slice(from, to)
      series.set('returns', n, part)
      series.set('volatility', n, part.map(Math.abs))
      series.set('volume', n, part.map((r, i) => Math.abs(r) * (1 + ((n * 7 + i) % 5))))
    })
    const { relations } = await buildRelations({ series, assets: symbols.map((symbol) => ({ symbol })), articles: [], parameters })
    const name = `a1b2c3_5m_${at(to)}`
    const version: GraphVersion = {
      _key: name, version: name, queue_id: 'wf-all-graph_5m-20250101-a1b2c3', workflow_id: origin.workflow_id, venue: 'binance', interval: '5m', from: at(from), to: at(to), symbols: [...symbols],
      parameters: { nearest: parameters.nearest }, statistics: summariseGraph(symbols, relations), hash: hashRelations(relations), created_at: at(bars),
    }
    await writeGraphVersion(store, graphCollections(), { version, relations })
  }
}

const measured = (value: number, half: number): Measured => ({ value, low: value - half, high: value + half })
const scores = (rank: number, mse: number): Scores => ({
  mse: measured(mse, mse * 0.08), directional_accuracy: measured(0.5 + rank / 2, 0.012), ic: measured(rank * 0.9, 0.02), rank_ic: measured(rank, 0.018), mrr: measured(0.26 + rank, 0.02),
  irr_1: measured(rank / 10 - 0.001, 0.006), irr_5: measured(rank / 14 - 0.001, 0.004),
})
const baselines = (): Record<string, Scores> => ({ gru: scores(0.041, 1.29e-6), linear: scores(0.037, 1.3e-6), momentum: scores(-0.012, 2.9e-6), reversal: scores(0.012, 2.8e-6), last_value: scores(0.001, 1.4e-6) })

export const epoch = (number: number, epochs = 20): EpochReport => ({
  epoch: number, epochs, loss: 0.7 + 0.6 * Math.exp(-number / 4), metrics: { loss: 0.78 + 0.5 * Math.exp(-number / 4) + 0.004 * Math.max(0, number - 12), rank_ic: 0.06 * (1 - Math.exp(-number / 5)) }, seconds: 4,
  eta_seconds: (epochs - number) * 4, at: at(bars) + number * 4_000,
})

export const run = (number: number, status: TrainingRun['status'], epochs: number): TrainingRun => ({
  _key: `run-a1b2c3-${number}`, run_id: `run-a1b2c3-${number}`, ...origin, model, status, kind: 'gnn', parameters: { hidden: 32, window_bars: 32, epochs: 20, learning_rate: 0.001, encoder: 'strided' },
  backend: 'tensorflow-wasm 4.22.0', seed: 42, code_version: '0.1.0', graph_version: `a1b2c3_5m_${at(600)}`,
  parts: { train: { from: at(0), to: at(420) }, validation: { from: at(421), to: at(510) }, test: { from: at(511), to: at(600) } },
  data: symbols.map((symbol) => ({ queue_id: `wf-${symbol.toLowerCase()}-api_candles_5m-20250101-a1b2c3`, checksum: hash('a') })), epochs: Array.from({ length: epochs }, (_, i) => epoch(i + 1)),
  ...(status === 'finished' && { scores: { gnn: scores(number === 1 ? 0.031 : 0.064, 1.27e-6), ...baselines() }, model_version: number, finished_at: at(bars) + number * 100_000 + 95_000 }),
  started_at: at(bars) + number * 100_000, message: status === 'finished' ? 'rank_ic 0.064 against 0.031 of the champion, version 1, on 89 held-out bars; above it in 93 % of resamples' : 'training',
})

const version = (number: number, rank: number): ModelVersion => ({
  _key: `${model}_v${number}`, model, version: number, run_id: `run-a1b2c3-${number}`, ...origin, path: `models/${model}/run-a1b2c3-${number}`, files: [{ name: 'weights.bin', bytes: 20_000, sha256: hash('c') }], hash: hash('d'),
  horizon_bars: 1, window_bars: 32, graph_version: `a1b2c3_5m_${at(600)}`, scores: scores(rank, 1.27e-6), baselines: baselines(), held_out: { from: at(511), to: at(600) },
  promotion: { promoted: true, reason: number === 1 ? 'there was no champion; rank_ic 0.031' : 'rank_ic 0.064 against 0.031 of the champion, version 1', ...(number > 1 && { champion_before: number - 1 }) }, created_at: at(bars) + number * 100_000,
})

const alias = (name: 'champion', modelVersion: number, change: number, reason: string): StoredModelAlias =>
  ({ _key: `${model}_${name}`, model, alias: name, model_version: modelVersion, version: change, changed_at: at(bars), reason })

/** Stands where queue-manager is: does what it does with a promotion, so that the page sees the store change. */
export async function startPromoter(store: Store): Promise<{ url: string; asked: z.infer<typeof PromoteRequest>[]; close: () => void }> {
  const asked: z.infer<typeof PromoteRequest>[] = []
  const server: Server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => { text += chunk.toString() })
    request.on('end', () => {
      const body = JSON.parse(text) as z.infer<typeof PromoteRequest>
      asked.push(body)
      const document = alias('champion', body.version, asked.length + 1, body.reason)
      void store.writeBatch('model_aliases', [{ ...document }]).then(() => response.setHeader('content-type', 'application/json').end(JSON.stringify(document)))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close: () => void server.close() }
}

