import {
  backtestKey, backtestsCollection, BacktestReport, recordKey, type BacktestMetrics, type BacktestTrade, type Candle, type EpochReport, type StrategyName, type TrainingRun,
} from '@streamforge/contracts'
import { seededRandom } from '@streamforge/models'
import type { ObjectStore } from '@streamforge/objects'
import type { Store } from '@streamforge/store'

/** What workflows that train trading agents leave in the store, made from the contracts: for tests of the page that shows it. */
const step = 300_000
const bars = 900
const start = Date.UTC(2025, 0, 1)
const at = (bar: number) => start + bar * step
const hash = (digit: string) => `sha256:${digit.repeat(64)}`
const capital = 100_000
const feeRate = 0.001

function walk(seed: number, from: number): number[] {
  const random = seededRandom(seed)
  let price = from
  return Array.from({ length: bars }, (_, bar) => {
    price *= 1 + 0.0009 * Math.sin(bar / 45) + 0.006 * (random() - 0.5)
    return Number(price.toFixed(2))
  })
}

interface Told { trades: BacktestTrade[]; portfolio: number[] }

/** Buys and sells where a strategy says so, all at once and at the bar's close. */
function trade(closes: readonly number[], wants: (bar: number) => boolean): Told {
  let [cash, units, paid] = [capital, 0, 0]
  const trades: BacktestTrade[] = []
  const portfolio = closes.map((price, bar) => {
    const held = units > 0
    if (wants(bar) !== held) {
      const quantity = held ? units : Number(((cash * 0.95) / price).toFixed(5))
      const fee = quantity * price * feeRate
      cash += (held ? 1 : -1) * quantity * price - fee
      units = held ? 0 : quantity
      trades.push({ open_time: at(bar), side: held ? 'sell' : 'buy', price, quantity, fee, ...(held && { profit: quantity * price - fee - paid }), portfolio_value: cash + units * price })
      paid = held ? 0 : quantity * price + fee
    }
    return cash + units * price
  })
  return { trades, portfolio }
}

const measured = (value: number, half: number) => ({ value, low: value - half, high: value + half })

function drawdowns(values: readonly number[]): number[] {
  let peak = 0
  return values.map((value) => { peak = Math.max(peak, value); return 1 - value / peak })
}

function metricsOf({ trades, portfolio }: Told): BacktestMetrics {
  const last = portfolio.at(-1)!
  const sales = trades.filter(({ side }) => side === 'sell')
  const lost = Math.max(...drawdowns(portfolio))
  return {
    total_return: measured(last / capital - 1, 0.031), cagr: measured((last / capital) ** 9 - 1, 0.4), sharpe: measured(1.42, 1.1), sortino: measured(1.98, 1.4),
    max_drawdown: { value: lost, low: lost * 0.8, high: Math.min(1, lost * 1.6) }, ...(sales.length > 0 && { win_rate: measured(sales.filter((t) => t.profit! > 0).length / sales.length, 0.1) }),
    turnover: trades.length * 0.95, exposure: 0.57, fees: trades.reduce((sum, t) => sum + t.fee, 0), fills: trades.length, final_value: last,
  }
}

const smooth = (closes: readonly number[], bar: number, length: number) => closes.slice(Math.max(0, bar - length), bar + 1).reduce((sum, c) => sum + c, 0) / Math.min(bar + 1, length + 1)

const strategies = (closes: readonly number[]): Partial<Record<StrategyName, (bar: number) => boolean>> => ({
  // Looks a little ahead, as no agent could: the page only draws it.
  dqn: (bar) => bar > 5 && smooth(closes, Math.min(bars - 1, bar + 12), 24) > smooth(closes, bar, 60),
  buy_and_hold: () => true,
  moving_average: (bar) => bar > 40 && smooth(closes, bar, 12) > smooth(closes, bar, 40),
  rsi: (bar) => bar > 20 && closes[bar]! < smooth(closes, bar, 60),
})

export const runId = (suffix: string) => `run-wf-agent-5m-${suffix}`

function report(symbol: string, suffix: string, strategy: StrategyName, closes: readonly number[], valid: boolean): BacktestReport {
  const told = trade(closes, strategies(closes)[strategy]!)
  const held = trade(closes, () => true)
  const span = (from: number, to: number) => ({ from: at(from), to: at(to) })
  return BacktestReport.parse({
    _key: backtestKey({ run_id: runId(suffix), strategy }), run_id: runId(suffix), queue_id: `wf-${symbol.toLowerCase()}-train_agent_5m-20250101-${suffix}`, workflow_id: `wf-${suffix}`,
    venue: 'binance', symbol, interval: '5m', strategy, ...(strategy === 'dqn' && { model_version: 1 }), from: at(0), to: at(bars), bars, missing_bars: valid ? 0 : 3,
    folds: [{ train: { from: at(-1_800), to: at(-400) }, validation: { from: at(-400), to: at(-1) }, test: span(0, bars) }],
    rules: { initial_capital: capital, fee_bps: 10, slippage_bps: 5, lot_size: 0.00001, position_share: 0.95 },
    metrics: metricsOf(told), benchmark: metricsOf(held), excess_return: measured(Math.log(told.portfolio.at(-1)! / held.portfolio.at(-1)!), 0.04),
    verdict: {
      valid, warnings: valid ? [] : ['3 bars are missing: nothing can be bought or sold in them'],
      checks: [
        { name: 'future_shift', passed: valid, message: valid ? '900 signals are the same with other prices after them' : 'signal of bar 412 changed from hold to buy when bars after it were changed' },
        { name: 'start_independence', passed: true, message: '700 signals after 200 bars of warm-up are the same when the bars begin 50 later' },
        { name: 'unseen_test_bars', passed: true, message: 'training ended 1 bar before the first test bar' },
      ],
    },
    trades: told.trades,
    series: { open_times: closes.map((_, bar) => at(bar)), portfolio: told.portfolio, benchmark: held.portfolio, drawdown: drawdowns(told.portfolio) },
    csv: { object: `backtests/${runId(suffix)}_${strategy}.csv`, bytes: 40, sha256: hash('b'), rows: bars }, created_at: at(bars) + (strategy === 'dqn' ? 1_000 : 2_000),
  })
}

export const part = (number: number): EpochReport => ({
  epoch: number, epochs: 12, loss: 0.02 + 0.2 * Math.exp(-number / 3), metrics: { mean_reward: 0.0004 * (1 - Math.exp(-number / 4)), epsilon: Math.max(0.05, 1 - number / 8) }, seconds: 2, eta_seconds: (12 - number) * 2,
  at: at(bars) + number * 2_000,
})

export const agentRun = (symbol: string, suffix: string, status: TrainingRun['status'], parts: number): TrainingRun => ({
  _key: runId(suffix), run_id: runId(suffix), queue_id: `wf-${symbol.toLowerCase()}-train_agent_5m-20250101-${suffix}`, workflow_id: `wf-${suffix}`, model: `agent-${symbol.toLowerCase()}-5m`, status, kind: 'agent',
  parameters: { steps: 60_000, hidden: 64 }, backend: 'wasm', seed: 42, code_version: '0.1.0', feature_set: 'bars_v1', symbols: [symbol], interval: '5m', data: [], epochs: Array.from({ length: parts }, (_, i) => part(i + 1)),
  started_at: at(bars) + (status === 'running' ? 60_000 : 0), message: status === 'running' ? 'training' : 'better than the champion on 300 held-out bars', ...(status === 'finished' && { finished_at: at(bars) + 30_000, model_version: 1 }),
})

export async function storeBacktests(store: Store, objects: ObjectStore): Promise<void> {
  for (const name of ['queues', 'gaps', 'training_runs', 'model_versions', 'model_aliases', backtestsCollection]) await store.ensureCollection(name)
  const markets = [['BTCUSDT', 'a1b2c3', true, walk(3, 42_000)], ['ETHUSDT', 'd4e5f6', false, walk(5, 2_300)]] as const
  for (const [symbol, suffix, valid, closes] of markets) {
    await storeCandles(store, symbol, suffix, closes)
    const reports = (Object.keys(strategies(closes)) as StrategyName[]).map((strategy) => report(symbol, suffix, strategy, closes, valid))
    await store.writeBatch(backtestsCollection, reports)
    for (const { csv } of reports) await objects.put(csv.object, Buffer.from('open_time,close,signal,portfolio_value\n1,2,hold,3\n'))
  }
  await store.writeBatch('training_runs', [agentRun('BTCUSDT', 'a1b2c3', 'finished', 12), agentRun('ETHUSDT', 'd4e5f6', 'finished', 12)])
}

async function storeCandles(store: Store, symbol: string, suffix: string, closes: readonly number[]): Promise<void> {
  const collection = `candles_${symbol.toLowerCase()}`
  const id = `wf-${symbol.toLowerCase()}-api_candles_5m-20250101-${suffix}`
  await store.ensureCollection(collection)
  await store.writeBatch(collection, closes.map((close, bar) => {
    const open = closes[bar - 1] ?? close
    const candle: Candle = {
      kind: 'candle', venue: 'binance', symbol, interval: '5m', open_time: at(bar), open, close, high: Math.max(open, close) * 1.0012, low: Math.min(open, close) * 0.9988, volume: 10 + (bar % 13), event_time: at(bar + 1), known_time: at(bar + 1), backfilled: true,
    }
    return { ...candle, _key: recordKey(candle) }
  }))
  await store.writeBatch('queues', [{
    _key: id, queue_id: id, workflow_id: `wf-${suffix}`, venue: 'binance', symbol, type: 'api_candles_5m', status: 'finished', time_range: '2025-01-01:2025-01-05', collection_name: collection, kafka_topic: `${id}-data`, version: 1, position: id, jobs: [],
  }])
}
