import { createHash } from 'node:crypto'
import { BacktestReport, type Candle, type Forecast, forecastKey, ModelVersion, TrainingRun } from '@streamforge/contracts'
import type { StoredDocument } from '@streamforge/store'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type AgentBench, bars, from, openAgentBench, queueId, runId, step, swings } from './agent.test-support.ts'

// Some seconds of processor time, which a loaded machine may stretch.
vi.setConfig({ testTimeout: 120_000 })

let bench: AgentBench
const openBench = async () => { bench = await openAgentBench() }

const reports = () => bench.store.find<BacktestReport & StoredDocument>('backtests', { sort: [{ field: '_key', direction: 'asc' }] })
const sha256 = (content: Uint8Array) => `sha256:${createHash('sha256').update(content).digest('hex')}`

describe('training agents', () => {
  beforeEach(openBench)
  afterEach(() => bench.close())

  it('leaves an agent, its learning curve, and a valid backtest of every strategy', async () => {
    await bench.market(swings())
    const outcome = await bench.run(await bench.plan())
    expect(outcome, JSON.stringify(outcome)).toMatchObject({ ended: 'finished', exitCode: 0 })
    const run = (await bench.registry.run(runId('BTCUSDT')))!
    const version = (await bench.registry.versionOfRun(run.run_id))!
    expect([TrainingRun.parse(run), ModelVersion.parse(version)]).toEqual([run, version])
    expect(run).toMatchObject({ kind: 'agent', status: 'finished', model: 'agent-btcusdt-5m', symbols: ['BTCUSDT'], model_version: 1, code_version: 'test', backend: expect.stringContaining('Q-network') })
    expect(run.epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    expect(run.epochs.at(-1)).toMatchObject({ epochs: 20, metrics: { steps: 1_000, epsilon: 0.05, mean_reward: expect.any(Number) } })
    expect(Object.keys(run.scores!)).toEqual(['dqn', 'buy_and_hold', 'moving_average', 'rsi'])
    expect(version.files.map(({ name }) => name)).toEqual(['model.json', 'weights.bin', 'model.onnx', 'training.json'])
    expect(version).toMatchObject({ promotion: { promoted: true, reason: expect.stringContaining('there was no champion; log_return') }, window_bars: 2 })
    expect(await bench.registry.alias('agent-btcusdt-5m', 'champion')).toMatchObject({ model_version: 1 })

    const stored = await reports()
    expect(stored.map(({ strategy }) => strategy)).toEqual(['buy_and_hold', 'dqn', 'moving_average', 'rsi'])
    for (const report of stored) {
      expect(BacktestReport.parse(report)).toEqual(report)
      expect(report.verdict, JSON.stringify(report.verdict)).toMatchObject({ valid: true })
      expect(report).toMatchObject({ from: from + 640 * step, to: from + bars * step, bars: 160, missing_bars: 0, run_id: run.run_id, model_version: 1, benchmark: stored[0]!.metrics })
      const csv = await bench.objects.get(report.csv.object)
      expect([sha256(csv), csv.length]).toEqual([report.csv.sha256, report.csv.bytes])
      expect(csv.toString().trimEnd().split('\n')).toHaveLength(161)
    }
    expect(stored[0]!.excess_return).toEqual({ value: 0, low: 0, high: 0 })
    expect(outcome.result!.result).toMatchObject({ facts: { agents: 1, backtests: 4, valid: true, promoted: 1, model_version: 1 }, summary: expect.stringMatching(/^BTCUSDT: dqn -?\d.* buy-and-hold .* valid$/) })

    const events = await bench.events()
    const told = events.filter(({ metrics }) => metrics?.epsilon !== undefined)
    expect(told.length).toBeGreaterThan(3)
    expect(told.at(-1)).toMatchObject({ records_written: 1_000, records_total: 1_000, message: expect.stringMatching(/agent of BTCUSDT: step 1000 of 1000, loss .* s left/) })
    for await (const { name } of bench.objects.list('checkpoints/')) expect.unreachable(`${name} is kept for ever`)
  })

  it('walks forward, one agent a fold and a symbol', async () => {
    await bench.market([...swings(), ...swings('ETHUSDT')])
    const outcome = await bench.run(await bench.plan({ symbols: ['BTCUSDT', 'ETHUSDT'] }, { walks: 2, steps: 400, strategies: ['dqn', 'moving_average'] }))
    expect(outcome.result!.result!.facts).toMatchObject({ agents: 2, backtests: 4, valid: true })
    const [report] = await reports()
    expect(report!.folds.map(({ train, test }) => [(train.to - from) / step, (test.from - from) / step, (test.to - from) / step])).toEqual([[478, 640, 720], [558, 720, 800]])
    expect((await bench.registry.run(runId('ETHUSDT')))!.epochs.map(({ metrics }) => metrics.fold)).toEqual([...Array(20).fill(1), ...Array(20).fill(2)])
    expect((await bench.registry.versionOfRun(runId('ETHUSDT')))!.held_out).toEqual({ from: from + 720 * step, to: from + 800 * step })
  })

  it('comes to the same wherever it is stopped, and registers one version', async () => {
    await bench.market(swings())
    const more = { steps: 3_000 }
    const undisturbed = await bench.run(await bench.plan({ queue_id: queueId('bbbbbb') }, more))
    const assignment = await bench.plan({}, more)
    for (const steps of [900, 2_000]) {
      const interrupted = await bench.run(assignment, { onStop: (stop) => {
        const looking = setInterval(() => void bench.events().then((events) => {
          if (events.some((event) => event.queue_id === assignment.queue_id && event.status === 'loading' && event.records_written >= steps)) stop({ kind: 'terminated', signal: 'SIGTERM' })
        }), 2)
        return () => clearInterval(looking)
      } })
      // A quick machine may have been done before it was stopped: then there is nothing to resume, and the rest still holds.
      expect(['terminated', 'finished']).toContain(interrupted.ended)
    }
    const resumed = await bench.run(assignment)
    expect(resumed.result!.result!.hash).toBe(undisturbed.result!.result!.hash)
    expect((await bench.registry.run(runId('BTCUSDT')))!.epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    const again = await bench.run(assignment)
    expect(again.result!.result!.hash).toBe(resumed.result!.result!.hash)
    expect(await bench.registry.versions({ model: 'agent-btcusdt-5m' })).toHaveLength(2)
    // The second was compared with the first, which is the same agent.
    expect((await bench.registry.versionOfRun(runId('BTCUSDT')))!.promotion).toMatchObject({ promoted: false, champion_before: 1, reason: expect.stringMatching(/log_return .* of the champion, version 1, on 160 held-out bars/) })
  })

  it('gives a replay the same hash, and leaves nothing', async () => {
    await bench.market(swings())
    const outcome = await bench.run(await bench.plan())
    const before = await reports()
    const replay = await bench.run(await bench.plan({ queue_id: queueId('dddddd'), replay_of: 'wf-a1b2c3' }))
    expect(replay.result!.result!.hash).toBe(outcome.result!.result!.hash)
    expect([await bench.registry.versions(), await bench.registry.runs()].map(({ length }) => length)).toEqual([1, 1])
    expect(await reports()).toEqual(before)
  })

  it('tells of missing bars and of bars without volume, and fills nothing in them', async () => {
    await bench.market(swings('BTCUSDT', (_, bar) => (bar % 50 === 7 ? null : { volume: bar % 60 === 9 ? 0 : 10 })))
    await bench.run(await bench.plan({}, { strategies: ['buy_and_hold', 'moving_average'] }))
    const [hold] = await reports()
    expect(hold).toMatchObject({ bars: 157, missing_bars: 3, verdict: { valid: true, warnings: [expect.stringContaining('3 of 160 bars are missing'), expect.stringContaining('nothing was traded')] } })
  })

  it('does not call valid what had the future in its features', async () => {
    await bench.market(swings())
    const rows = await bench.store.find<StoredDocument & { values: (number | null)[]; close: number; open_time: number }>('all_features_5m', { sort: [{ field: 'open_time', direction: 'asc' }] })
    await bench.store.writeBatch('all_features_5m', rows.map((row, i) => ({ ...row, values: row.values.map((value, f) => (f === 0 ? (rows[i + 1]?.close ?? row.close) / row.close - 1 : value)) })))
    const outcome = await bench.run(await bench.plan())
    expect(outcome.result!.result!.facts).toMatchObject({ valid: false })
    const dqn = (await reports()).find(({ strategy }) => strategy === 'dqn')!
    expect(dqn.verdict.checks[0]).toMatchObject({ name: 'future_shift', passed: false, message: expect.stringContaining('the stored return_1 of 2025-01-01') })
    expect((await bench.registry.run(runId('BTCUSDT')))!.message).toContain('not valid: dqn')
    // It earned more than any other, and must not trade live.
    expect((await bench.registry.versionOfRun(runId('BTCUSDT')))!.promotion).toMatchObject({ promoted: false, reason: expect.stringContaining('its backtest is not valid: future_shift') })
    expect(await bench.registry.alias('agent-btcusdt-5m', 'champion')).toBeUndefined()
  })
})

describe("a network's forecasts as signals", () => {
  beforeEach(openBench)
  afterEach(() => bench.close())

  const forecasts = (model_version: number): (Forecast & StoredDocument)[] => Array.from({ length: bars }, (_, bar) => {
    const open_time = from + bar * step
    const forecast: Forecast = {
      kind: 'forecast', venue: 'binance', symbol: 'BTCUSDT', interval: '5m', open_time, model: 'gnn-5m', model_version, horizon_bars: 1, run_id: 'run-gnn-1', close: 100, value: bar % 20 < 10 ? 0.01 : -0.01,
      low: -1, high: 1, coverage: 0.9, inputs: [], target_time: open_time + 2 * step, event_time: open_time + step, known_time: open_time + step, backfilled: true,
    }
    return { _key: forecastKey(forecast), ...forecast }
  })
  const held = (heldFrom: number) => bench.store.writeBatch('model_versions', [{
    _key: 'gnn-5m_v1', model: 'gnn-5m', version: 1, run_id: 'run-gnn-1', queue_id: 'wf-all-train_gnn_5m-20250101-eeeeee', held_out: { from: from + heldFrom * step, to: from + bars * step },
  }])
  async function forecastStage() {
    const stage = 'wf-all-forecast_5m-20250101-eeeeee'
    const { _key, ...spec } = (await bench.store.get<StoredDocument>('stages', queueId()))!
    await bench.store.writeBatch('stages', [{ ...spec, _key: stage, queue_id: stage, type: 'forecast_5m', pipeline: { type: 'train_gnn' } }])
    await bench.store.writeBatch('queues', [{ _key: stage, queue_id: stage, collection_name: 'forecasts_5m' }])
    await bench.store.ensureCollection('forecasts_5m')
    await bench.store.writeBatch('forecasts_5m', forecasts(1))
  }

  it.each([[600, true], [700, false]])('are valid only where the network had not learnt from the test bars: held out from bar %i', async (heldFrom, valid) => {
    await bench.market(swings())
    const assignment = await bench.plan({}, { strategies: ['gnn'] })
    await forecastStage()
    await held(heldFrom)
    const outcome = await bench.run(assignment)
    expect(outcome, JSON.stringify(outcome)).toMatchObject({ ended: 'finished' })
    const [report] = await reports()
    expect(report).toMatchObject({ strategy: 'gnn', verdict: { valid } })
    expect(report!.trades.length).toBeGreaterThan(10)
    expect(report!.verdict.checks.filter(({ passed }) => !passed).map(({ name }) => name)).toEqual(valid ? [] : ['unseen_test_bars'])
  })

  it('are missed where there are none', async () => {
    await bench.market(swings())
    const outcome = await bench.run(await bench.plan({}, { strategies: ['gnn'] }))
    expect(outcome).toMatchObject({ ended: 'failed', error: { code: 'STAGE_INPUT_MISSING', message: expect.stringContaining('no forecasts of BTCUSDT at 5m') } })
  })
})

describe('what cannot be traded', () => {
  beforeAll(openBench)
  afterAll(() => bench.close())

  const changed = (change: (candle: Candle, bar: number) => Partial<Candle> | null) => (symbol: string) => bench.market(swings(symbol, change))
  const featuresOnly = { inputs: [{ queue_id: 'wf-all-features_5m-20250101-a1b2c3', venue: 'binance', symbol: 'ALL', type: 'features_5m' as const, collection_name: 'all_features_5m', kafka_topic: 'x', from }] }
  // Each case has a symbol and a workflow of its own.
  it.each([
    ['a', 'too few bars', 'TOO_FEW_BARS', changed(() => ({})), { to: from + 60 * step }, {}],
    ['b', 'a range of which little is stored', 'TOO_FEW_BARS', changed((_, bar) => (bar > 15 ? null : {})), {}, {}],
    ['c', 'gaps after which features never come back', 'TOO_FEW_BARS', changed((_, bar) => (bar % 7 > 4 ? null : {})), {}, {}],
    ['d', 'no candles', 'NO_DATA', changed(() => null), {}, {}],
    ['e', 'a constant price', 'CONSTANT_SERIES', changed(() => ({ open: 5, high: 5, low: 5, close: 5 })), {}, {}],
    ['f', 'no volume', 'NO_VOLUME', changed(() => ({ volume: 0 })), {}, {}],
    ['1', 'a capital that does not buy one unit', 'CAPITAL_TOO_SMALL', changed(() => ({})), {}, { lot_size: 1, initial_capital: 20 }],
    ['2', 'a price that is no number', 'BAD_TRAINING_DATA', changed((_, bar) => (bar === 300 ? { close: 'high' as never } : {})), {}, {}],
    ['3', 'no candles among the inputs', 'STAGE_INPUT_MISSING', changed(() => ({})), featuresOnly, {}],
  ])('%s: %s ends with %s', async (letter, name, code, prepare, changes, agent) => {
    const [symbol, workflow] = [`X${letter.toUpperCase()}USDT`, letter.repeat(6)]
    await prepare(symbol)
    const outcome = await bench.run(await bench.plan({ ...changes, symbols: [symbol], queue_id: queueId(workflow) }, agent))
    expect(outcome).toMatchObject({ ended: 'failed', error: { code, message: expect.stringMatching(/./) } })
    const run = await bench.registry.run(runId(symbol, workflow))
    expect(run === undefined ? 'planned in vain' : `${run.status} ${run.message}`).toMatch(name === 'too few bars' ? /^planned in vain$/ : new RegExp(`^failed ${code}: `))
    expect(await bench.registry.versions()).toEqual([])
  })
})
