import { buildPanel, toAssetRelations } from '@streamforge/models'
import { predictGnn } from '@streamforge/models/tensors'
import { featureSets, recordKey, StageResult } from '@streamforge/contracts'
import type { WorkerOutcome } from '@streamforge/service'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bars, from, openStage, randomModel, rowOf, rowsOf, type Stage, step, symbols, tensors, unknownRow } from './predictor-fixture.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
  await stage.plan()
})
afterEach(() => stage.close())

const resultOf = (outcome: WorkerOutcome) => {
  expect(outcome.error).toBeUndefined()
  return StageResult.parse(outcome.result?.result)
}
const openTimes = (records: readonly { open_time: number }[]) => [...new Set(records.map(({ open_time }) => (open_time - from) / step))]

describe('forecasting history', () => {
  it('forecasts the bars that the network was not tuned on, each from what lies before it, and scores those whose truth is there', async () => {
    await stage.history(rowsOf(0, bars))
    await stage.register(1)
    const outcome = await stage.run()
    const { forecasts, scores, markers } = await stage.made()
    expect(openTimes(forecasts)).toEqual(Array.from({ length: 15 }, (_, i) => 85 + i))
    expect(openTimes(scores)).toEqual(Array.from({ length: 13 }, (_, i) => 85 + i))
    expect(markers).toMatchObject([{ shard: 0, shards: 1, partition: 0, records: 45 + 39 }])
    expect(outcome).toMatchObject({ exitCode: 0, ended: 'finished', result: { records_written: 84, records_total: 84 } })
    expect(resultOf(outcome).facts).toMatchObject({ model: 'gnn-5m', model_version: 1, forecasts: 45 })

    const featureNames = featureSets.bars_v1
    const panel = buildPanel({ symbols, featureNames, horizonBars: 2 }, rowsOf(0, bars).map(({ symbol, open_time: openTime, known_time: knownTime, close, values }) => ({ symbol, openTime, knownTime, close, values })))
    const expected = await predictGnn(await tensors(), randomModel(1), panel, toAssetRelations([], symbols, []), Array.from({ length: 15 }, (_, i) => 85 + i))
    forecasts.forEach(({ value }, i) => expect(value).toBeCloseTo(expected[i]!, 6))
    const [first] = forecasts
    expect(first).toMatchObject({
      symbol: 'AAAUSDT', model: 'gnn-5m', model_version: 1, horizon_bars: 2, run_id: 'run-seed-1', close: rowOf('AAAUSDT', 85).close, coverage: 0.9,
      event_time: from + 86 * step, target_time: from + 88 * step, backfilled: true, inputs: [{ offset: '255' }, { offset: '257' }],
    })
    expect(first!.low).toBeCloseTo(first!.value - 0.5, 12)
    expect(forecasts[1]!.high).toBeCloseTo(forecasts[1]!.value + 0.02, 12)
    const actual = rowOf('AAAUSDT', 87).close / rowOf('AAAUSDT', 85).close - 1
    expect(scores[0]).toMatchObject({ symbol: 'AAAUSDT', open_time: first!.open_time, value: first!.value, actual, hit: Math.sign(actual) === Math.sign(first!.value), covered: true })
  })

  it('hears from related assets', async () => {
    await stage.history(rowsOf(0, bars))
    const version = 'a1b2c3_5m_1'
    await stage.store.ensureCollection('asset_relations', { kind: 'edge' })
    await stage.register(1, { relationKinds: ['correlation'], version: { graph_version: version } })
    await stage.run()
    const alone = await stage.made()
    await stage.bus.admin.deleteTopic('wf-all-forecast_5m-20250101-a1b2c3-data')
    await stage.bus.admin.createTopic({ name: 'wf-all-forecast_5m-20250101-a1b2c3-data', partitions: 1 })
    await stage.store.writeBatch('asset_relations', [{
      _key: `${version}_correlation_AAAUSDT_BBBUSDT`, _from: 'assets/binance_AAAUSDT', _to: 'assets/binance_BBBUSDT', version, kind: 'correlation', source: 'AAAUSDT', target: 'BBBUSDT',
      directed: false, weight: 0.8, from, to: from + step,
    }])
    await stage.run({ attempt: 2 })
    const related = await stage.made()
    const differ = related.forecasts.map(({ value, symbol }, i) => (value === alone.forecasts[i]!.value ? '' : symbol))
    expect(new Set(differ)).toEqual(new Set(['AAAUSDT', 'BBBUSDT', '']))
    expect(differ.filter((symbol) => symbol === '')).toHaveLength(15)
  })

  it('goes on where an attempt died, without a second forecast, to the same end', async () => {
    await stage.history(rowsOf(0, bars))
    await stage.register(1)
    const undisturbed = resultOf(await stage.run())
    const { keys } = await stage.made()
    for (const deaths of [[1], [7, 3], [14, 1]]) {
      await stage.close()
      stage = await openStage()
      await stage.plan()
      await stage.history(rowsOf(0, bars))
      await stage.register(1)
      let attempt = 1
      for (const published of deaths) {
        let left = published
        const bus: Stage['bus'] = { ...stage.bus, publish: (topic, messages) => {
          if (topic.startsWith('wf-all-forecast') && left-- === 0) throw new Error('killed')
          return stage.bus.publish(topic, messages)
        } }
        expect(await stage.run({ attempt: attempt++, bus })).toMatchObject({ ended: 'failed' })
      }
      expect(resultOf(await stage.run({ attempt }))).toEqual(undisturbed)
      expect((await stage.made()).keys).toEqual(keys)
    }
  })

  it('repeats what another workflow has forecast with the very version that did, whoever is champion now', async () => {
    await stage.history(rowsOf(0, bars))
    await stage.register(1)
    const first = resultOf(await stage.run())
    await stage.register(2)
    await stage.bus.admin.deleteTopic('wf-all-forecast_5m-20250101-a1b2c3-data')
    await stage.bus.admin.createTopic({ name: 'wf-all-forecast_5m-20250101-a1b2c3-data', partitions: 1 })
    await stage.plan({ replay_of: 'wf-0f0f0f', original: { queue_id: 'wf-all-forecast_5m-20250101-0f0f0f', result: first } })
    expect(resultOf(await stage.run({ attempt: 2 }))).toEqual(first)
  })

  it('leaves out bars and symbols of which nothing is known', async () => {
    const gaps = new Set([recordKey(rowOf('BBBUSDT', 90)), recordKey(rowOf('BBBUSDT', 91))])
    await stage.history(rowsOf(0, bars).filter((row) => !gaps.has(recordKey(row))).map((row) => (row.symbol === 'CCCUSDT' && row.open_time >= from + 98 * step ? unknownRow('CCCUSDT', (row.open_time - from) / step) : row)))
    await stage.register(1)
    await stage.run()
    const { forecasts, scores } = await stage.made()
    expect(forecasts).toHaveLength(45 - 2 - 2)
    expect(scores.filter(({ symbol }) => symbol === 'BBBUSDT').map(({ open_time }) => (open_time - from) / step)).toEqual([85, 86, 87, 92, 93, 94, 95, 96, 97])
  })
})

describe('what cannot be forecast', () => {
  const failsWith = async (code: string, message: RegExp) => {
    const outcome = await stage.run()
    expect(outcome).toMatchObject({ ended: 'failed', error: { code } })
    expect(outcome.error!.message).toMatch(message)
    expect((await stage.made()).keys).toEqual([])
  }

  it('is a stage without features', async () => {
    await stage.plan({ inputs: [] })
    await failsWith('STAGE_INPUT_MISSING', /no features among its inputs/)
  })
  it('is a model without a champion', () => failsWith('NOT_FOUND', /gnn-5m has no champion/))
  it('is a range without rows', async () => {
    await stage.register(1)
    await failsWith('NO_DATA', /no bar from 2025-01-01T07:05/)
  })
  it('is a model whose file was cut in half', async () => {
    const { path } = await stage.register(1)
    const whole = await stage.objects.get(`${path}/weights.bin`)
    await stage.objects.put(`${path}/weights.bin`, whole.subarray(0, whole.length / 2))
    await failsWith('MODEL_CORRUPT', /weights.bin of gnn-5m version 1 has/)
  })
  it('is a model of other bars', async () => {
    await stage.register(1, { version: { interval: '1h' } })
    await failsWith('MODEL_MISMATCH', /is for bars of 1h, not 5m/)
  })
})
