import { createHash } from 'node:crypto'
import {
  canonicalFeature, canonicalForecast, canonicalSignal, CoverageCertificate, featureSets, Pipeline, StageSpec, type FeatureRow, type Forecast, type ForecastScore, type Signal, type StageInput,
  type StreamMarker,
} from '@streamforge/contracts'
import { listDeadLetters } from '@streamforge/bus'
import type { WorkerRuntime } from '@streamforge/service'
import { afterEach, describe, expect, it } from 'vitest'
import { type Bench, minute, openBench, start } from './connector-fixture.ts'

let bench: Bench
afterEach(() => bench.close())

const venue = 'binance'
const queue_id = 'wf-all-features_1m-20240801-a1b2c3'
const collection = 'features_1m_a1b2c3'
const own = (type: 'features_1m' | 'forecast_1m') => ({ queue_id, type, symbol: 'ALL', collection_name: type === 'features_1m' ? collection : 'forecasts_1m_a1b2c3', shards: [{ shard: 0, from: start, to: start + 60 * minute }] })

const row = (symbol: string, bar: number, more: Partial<FeatureRow> = {}): FeatureRow => ({
  kind: 'feature', venue, symbol, interval: '1m', open_time: start + bar * minute, feature_set: 'bars_v1', close: 100 + bar,
  values: featureSets.bars_v1.map((_, i) => (i % 3 === 0 ? null : -i / 7)), event_time: start + (bar + 1) * minute, known_time: start + (bar + 1) * minute, backfilled: true, ...more,
})
const forecast = (symbol: string, bar: number): Forecast => ({
  kind: 'forecast', venue, symbol, interval: '1m', open_time: start + bar * minute, model: 'gnn-1m', model_version: 3, horizon_bars: 1, run_id: 'run-a1b2c3', close: 100, value: -0.001,
  low: -0.01, high: 0.01, coverage: 0.9, inputs: [], target_time: start + (bar + 2) * minute, event_time: start + (bar + 1) * minute, known_time: start + (bar + 1) * minute, backfilled: false,
})
const score = (symbol: string, bar: number): ForecastScore => ({
  kind: 'forecast_score', venue, symbol, interval: '1m', open_time: start + bar * minute, model: 'gnn-1m', model_version: 3, horizon_bars: 1, value: -0.001, actual: 0.002, hit: false,
  covered: true, event_time: start + (bar + 2) * minute, known_time: start + (bar + 2) * minute, backfilled: false,
})
const signal = (symbol: string, bar: number): Signal => ({
  kind: 'signal', venue, symbol, interval: '1m', open_time: start + bar * minute, model: 'agent-aaausdt-1m', model_version: 1, run_id: 'run-a1b2c3', action: 'buy', size: 1, close: 100,
  account: { cash: 50.5, position: 2, cost: 200, fees_paid: 0.2, traded: 200 }, portfolio_value: 250.5, event_time: start + (bar + 1) * minute, known_time: start + (bar + 1) * minute,
  backfilled: false,
})
const marker = (records: number, partition = 0): StreamMarker => ({ kind: 'end_of_stream', queue_id, attempt: 1, shard: 0, shards: 1, partition, records })
const rows = (symbol: string, count: number) => Array.from({ length: count }, (_, bar) => row(symbol, bar))

async function plan(type: StageSpec['type'], more: Partial<StageSpec> = {}) {
  await bench.store.ensureCollection('stages')
  await bench.store.writeBatch('stages', [StageSpec.parse({
    _key: queue_id, queue_id, workflow_id: 'wf-a1b2c3', type, interval: '1m', venue, symbols: ['AAAUSDT', '1INCHUSDT'], from: start, to: start + 60 * minute, live: false, inputs: [],
    pipeline: Pipeline.parse({ type: 'features' }), created_at: start, ...more,
  })])
}
const certificateOf = (outcome: Awaited<ReturnType<Bench['run']>>) => {
  expect(outcome.error).toBeUndefined()
  return CoverageCertificate.parse(outcome.result?.certificate)
}
const sha256 = (lines: readonly string[]) => `sha256:${createHash('sha256').update(lines.map((line) => `${line}\n`).join('')).digest('hex')}`
const inKeyOrder = (made: readonly FeatureRow[]) => made.toSorted((a, b) => (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : a.open_time - b.open_time))

describe('features', () => {
  it('are stored once each and certified by their lines', async () => {
    bench = await openBench({ partitions: 2 })
    await plan('features_1m')
    const made = [...rows('AAAUSDT', 60), ...rows('1INCHUSDT', 20)]
    await bench.publish([...made.slice(0, 60), ...made.slice(50, 60), marker(60)], 0)
    await bench.publish([...made.slice(60), marker(20, 1)], 1)
    const certificate = certificateOf(await bench.run({}, own('features_1m')))
    expect(certificate).toMatchObject({
      unit: 'rows', type: 'features_1m', symbol: 'ALL', rows_expected: 80, rows_stored: 80, lost: 0, foreign: 0, duplicates_refused: 10, dead_lettered: 0, complete: true,
      from: start, to: start + 60 * minute, checksum: sha256(inKeyOrder(made).map(canonicalFeature)),
    })
    expect(await bench.store.get(collection, `1INCHUSDT_1m_feature_${start}`)).toEqual({ _key: `1INCHUSDT_1m_feature_${start}`, ...row('1INCHUSDT', 0) })
    // What a live stage adds behind the range later is no business of this certificate.
    await bench.store.writeBatch(collection, [{ _key: `AAAUSDT_1m_feature_${start + 60 * minute}`, ...row('AAAUSDT', 60) }])
    expect(certificateOf(await bench.run({}, { ...own('features_1m'), attempt: 2 }))).toMatchObject({ rows_stored: 80, foreign: 0, checksum: certificate.checksum })
  })

  it('that are missing are told by their markers', async () => {
    bench = await openBench()
    await plan('features_1m')
    await bench.publish([...rows('AAAUSDT', 59), marker(60)])
    expect(await bench.run({}, own('features_1m'))).toMatchObject({ ended: 'failed', error: { code: 'RECONCILIATION_MISMATCH' } })
  })

  it('of something else are dead letters', async () => {
    bench = await openBench()
    await plan('features_1m')
    const foreign = [row('BBBUSDT', 0), row('AAAUSDT', 60), row('AAAUSDT', 0, { interval: '5m' }), forecast('AAAUSDT', 0)]
    await bench.publish([...rows('AAAUSDT', 10), ...foreign, marker(10)])
    const outcome = await bench.run({}, own('features_1m'))
    expect(outcome.result?.certificate).toMatchObject({ rows_stored: 10, dead_lettered: 4, complete: false })
    expect(await listDeadLetters(bench.bus, { sourceTopic: bench.assignment.kafka_topic })).toHaveLength(4)
  })

  it('need a specification of their stage', async () => {
    bench = await openBench()
    expect(await bench.run({}, own('features_1m'))).toMatchObject({ ended: 'failed', error: { code: 'STAGE_INPUT_MISSING' } })
  })
})

describe('live forecasts', () => {
  it('and signals go to their own collection, features of new bars to those of the stage before', async () => {
    bench = await openBench()
    const features: StageInput = { queue_id: 'wf-all-features', venue, symbol: 'ALL', type: 'features_1m', collection_name: collection, kafka_topic: 'other', from: start, to: start + minute }
    await plan('forecast_1m', { live: true, to: undefined, inputs: [features] })
    const made = [forecast('AAAUSDT', 5), forecast('AAAUSDT', 6)]
    const decided = signal('AAAUSDT', 6)
    await bench.publish([row('AAAUSDT', 5), made[0], row('AAAUSDT', 6), score('AAAUSDT', 5), made[1], decided, decided])
    const forecasts = own('forecast_1m').collection_name
    const stopper: { stop?: Parameters<NonNullable<WorkerRuntime['onStop']>>[0] } = {}
    const running = bench.run({ onStop: (stop) => { stopper.stop = stop; return () => undefined } }, { ...own('forecast_1m'), shards: [], time_range: `${new Date(start).toISOString()}:` }, { pollMs: 5, idleMs: 50 })
    await expect.poll(() => bench.store.count(forecasts).catch(() => 0), { interval: 5, timeout: 20_000 }).toBe(4)
    expect(await bench.store.get(forecasts, `AAAUSDT_1m_signal_${start + 6 * minute}`)).toEqual({ _key: `AAAUSDT_1m_signal_${start + 6 * minute}`, ...decided })
    expect(await bench.store.count(collection)).toBe(2)
    stopper.stop!({ kind: 'stopped', reason: 'enough' })
    expect((await running).ended).toBe('stopped')
    const certificate = await bench.store.get('coverage', queue_id)
    expect(certificate).toMatchObject({ unit: 'rows', rows_stored: 4, open: true, complete: true, from: start + 5 * minute, to: start + 7 * minute })
    expect(certificate!['checksum']).toBe(sha256([
      ...made.map(canonicalForecast), `AAAUSDT,${start + 5 * minute},1,-0.001,0.002`, canonicalSignal(decided),
    ]))
  })
})
