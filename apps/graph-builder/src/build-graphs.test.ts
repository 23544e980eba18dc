import { type Candle, Pipeline, StageResult } from '@streamforge/contracts'
import { graphCollections, listGraphVersions, readRelations } from '@streamforge/models'
import type { WorkerOutcome } from '@streamforge/service'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bars, candleInput, featureInput, from, openStage, row, rowsOf, type Stage, step, symbols } from './graph-fixture.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => stage.close())

const resultOf = (outcome: WorkerOutcome) => {
  expect(outcome.error).toBeUndefined()
  return StageResult.parse(outcome.result?.result)
}
const versions = async () => (await listGraphVersions(stage.store, graphCollections())).reverse()
const relationsOf = async (version: string) => (await readRelations(stage.store, graphCollections(), version))
  .map(({ kind, source, target, lag_bars }) => `${kind} ${source} ${target}${lag_bars === undefined ? '' : ` ${lag_bars}`}`)
const load = async () => {
  for (const symbol of symbols) await stage.rows(rowsOf(symbol))
}

describe('building graphs of features', () => {
  it('stores a version for each window, with the relations that are there', async () => {
    await load()
    await stage.plan({ pipeline: Pipeline.parse({ type: 'train_gnn', graph: { minimum_weight: 0.3 } }) })
    const outcome = await stage.run()
    const [first, second, ...more] = await versions()
    expect(more).toEqual([])
    expect(first).toMatchObject({ version: `a1b2c3_5m_${from + 280 * step}`, from, to: from + 280 * step, workflow_id: 'wf-a1b2c3', symbols, parameters: { bars: 280, rows: 1120, nearest: 8, maximum_lag_bars: 3 } })
    expect(second).toMatchObject({ from: from + 280 * step, to: from + bars * step, parameters: { bars: 120, rows: 480 } })
    expect(await relationsOf(first!.version)).toEqual([
      'correlation AAAUSDT CCCUSDT', 'lead_lag AAAUSDT BBBUSDT 1', 'lead_lag CCCUSDT BBBUSDT 1', 'sector AAAUSDT BBBUSDT', 'sector AAAUSDT CCCUSDT', 'sector BBBUSDT CCCUSDT',
    ])
    expect(first!.statistics).toMatchObject({ vertices: 4, edges: 6, isolated: 1 })
    expect(outcome).toMatchObject({ exitCode: 0, ended: 'finished', result: { records_written: first!.statistics.edges + second!.statistics.edges } })
    expect(resultOf(outcome).facts).toMatchObject({ versions: 2, newest_version: second!.version })
  })

  it('comes to the same when it is run again, by itself or in a replay, which stores its own apart', async () => {
    await load()
    await stage.plan()
    const first = resultOf(await stage.run())
    const stored = await versions()
    expect(resultOf(await stage.run())).toEqual(first)
    expect(await versions()).toEqual(stored)
    await stage.plan({ workflow_id: 'wf-0f0f0f', replay_of: 'wf-a1b2c3' })
    expect(resultOf(await stage.run()).hash).toBe(first.hash)
    expect(await versions()).toEqual(stored)
    expect(await listGraphVersions(stage.store, graphCollections({ workflow_id: 'wf-0f0f0f', replay_of: 'wf-a1b2c3' }))).toHaveLength(2)
  })

  it('uses nothing of what was known after the end of a window', async () => {
    await load()
    await stage.plan()
    await stage.run()
    const before = (await versions())[0]!
    const shifted = rowsOf('DDDEUR').map((r, t) => ({ ...r, values: rowsOf('AAAUSDT')[t]!.values }))
    await stage.rows(shifted.slice(281))
    await stage.rows(shifted.slice(0, 280).filter((_, t) => t % 2 === 0).map((r) => ({ ...r, known_time: from + 280 * step + 1 })))
    const even = new Set(shifted.filter((_, t) => t % 2 === 0).map((r) => r.open_time))
    await stage.run()
    const after = (await versions())[0]!
    expect(after.parameters).toMatchObject({ rows: 1120 - 140 })
    expect((await versions())[1]!.statistics.kinds.correlation?.maximum_weight).toBeGreaterThan(0.5)

    // The same as if the rows known too late had never been there.
    await stage.close()
    stage = await openStage()
    for (const symbol of symbols.slice(0, 3)) await stage.rows(rowsOf(symbol))
    await stage.rows(rowsOf('DDDEUR').filter((r) => !even.has(r.open_time)))
    await stage.plan()
    await stage.run()
    expect((await versions())[0]!.hash).toBe(after.hash)
    expect(before.hash).not.toBe(after.hash)
  })

  it('waits for the features of live data, and goes on with what is there when no more come', async () => {
    for (const symbol of symbols.slice(0, 3)) await stage.rows(rowsOf(symbol))
    const live = { inputs: [featureInput()], live: true, created_at: from + bars * step + 1, pipeline: Pipeline.parse({ type: 'features' }) }
    await stage.plan(live)
    const running = stage.run({ pollMs: 5, idleMs: 60_000 })
    await stage.rows(rowsOf('DDDEUR'))
    expect(resultOf(await running).facts).toMatchObject({ versions: 1 })
    expect((await versions())[0]!.parameters).toMatchObject({ rows: 4 * bars, symbols_without_bars: 0 })
    await stage.store.dropCollection('all_features_5m')
    await stage.store.ensureCollection('all_features_5m')
    for (const symbol of symbols.slice(0, 3)) await stage.rows(rowsOf(symbol))
    expect(resultOf(await stage.run({ pollMs: 5, idleMs: 50 })).facts).toMatchObject({ versions: 1 })
    expect((await versions())[0]!.parameters).toMatchObject({ rows: 3 * bars, symbols_without_bars: 1 })
  })
})

describe('building graphs of candles', () => {
  it('takes returns, ranges and volumes from them where there are no features', async () => {
    const candle = (symbol: string, t: number, close: number): Candle => ({
      kind: 'candle', venue: 'binance', symbol, interval: '5m', open_time: from + t * step, open: close, high: close * (1.01 + 0.001 * (t % 7)), low: close, close, volume: 1 + (t % 5),
      event_time: from + (t + 1) * step, known_time: from + (t + 1) * step, backfilled: true,
    })
    const price = (t: number, i: number) => 100 * Math.exp(Math.sin(t * t * 0.37 + (i === 2 ? 0 : i) * 2.1) * 0.01)
    // One bar is missing: no return reaches across the hole.
    for (const [i, symbol] of symbols.entries()) {
      await stage.candles(symbol, Array.from({ length: bars }, (_, t) => candle(symbol, t, price(t, i))).filter((_, t) => t !== 50))
    }
    await stage.plan({ inputs: symbols.map((symbol) => candleInput(symbol, from + bars * step)), pipeline: Pipeline.parse({ type: 'features' }) })
    resultOf(await stage.run())
    const relations = await readRelations(stage.store, graphCollections(), (await versions())[0]!.version)
    expect(relations.find(({ kind, source, target }) => kind === 'correlation' && source === 'AAAUSDT' && target === 'CCCUSDT')!.weight).toBeGreaterThan(0.9)
  })
})

describe('bad input', () => {
  const failsWith = async (code: string, message: RegExp) => {
    const outcome = await stage.run()
    expect(outcome).toMatchObject({ ended: 'failed', exitCode: 2, error: { code } })
    expect(outcome.error!.message).toMatch(message)
  }
  const flat = (symbol: string) => Array.from({ length: bars }, (_, t) => row(symbol, t, { return_1: 0 }))

  it('says that the stage is not planned', () => failsWith('STAGE_INPUT_MISSING', /specification of stage wf-all-graph_5m/))
  it('says that there are neither features nor candles', async () => {
    await stage.plan({ inputs: [] })
    await failsWith('STAGE_INPUT_MISSING', /neither features nor candles of 5m/)
  })
  it('says that there are too few bars', async () => {
    await stage.plan({ to: from + 40 * step })
    await failsWith('TOO_FEW_BARS', /40 bars of 5m: 28 for each window/)
  })
  it('says that no symbol has data', async () => {
    await stage.plan()
    await failsWith('NO_DATA', /none of the 4 symbols/)
  })
  it('says that no price changes', async () => {
    for (const symbol of symbols) await stage.rows(flat(symbol))
    await stage.plan()
    await failsWith('CONSTANT_SERIES', /no symbol has prices that change/)
  })
  it('leaves a symbol without data or without movement alone', async () => {
    for (const symbol of symbols.slice(0, 2)) await stage.rows(rowsOf(symbol))
    await stage.rows(flat(symbols[2]!))
    await stage.plan({ pipeline: Pipeline.parse({ type: 'train_gnn', graph: { kinds: ['correlation', 'lead_lag'], minimum_weight: 0.3 } }) })
    resultOf(await stage.run())
    const first = (await versions())[0]!
    expect(first).toMatchObject({ statistics: { vertices: 4, isolated: 2 }, parameters: { symbols_without_bars: 1 } })
    expect(await relationsOf(first.version)).toEqual(['lead_lag AAAUSDT BBBUSDT 1'])
  })
})
