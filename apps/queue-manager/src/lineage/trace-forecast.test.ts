import { Lineage } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestPlatform, type TestPlatform } from '../orchestrator/test-platform.ts'
import { finishedPlan, hashOf, openTime, storeFinished } from '../plan/pipeline-fixture.ts'
import { traceForecast } from './trace-forecast.ts'

let platform: TestPlatform
beforeEach(async () => { platform = await openTestPlatform() })
afterEach(() => platform.close())

const day = 86_400_000
const start = Date.UTC(2022, 7, 1)

describe('the lineage of a forecast', () => {
  const plan = finishedPlan('wf-a1b2c3')
  const trace = async (id: string, workflowId?: string) => Lineage.parse(await traceForecast(platform, id, { workflow_id: workflowId }))

  it('walks to the model, its run, its graph, the features, the documents, the topics and the venue', async () => {
    const id = await storeFinished(platform.store, platform.bus, plan)
    const trades = plan.queues[1]!
    await platform.bus.publish(trades.kafka_topic, [{ value: 'a' }, { value: 'b' }, { value: 'c' }])
    await platform.bus.admin.deleteRecords(trades.kafka_topic, { partition: 0, before: 0n })
    const lineage = await trace(id)
    expect(lineage).toMatchObject({
      id, missing: [], forecast: { value: 0.001, model_version: 3, workflow_id: 'wf-a1b2c3', collection_name: 'forecasts_5m_a1b2c3' },
      model: { version: 3, hash: hashOf('e') }, run: { run_id: 'run-a1b2c3', seed: 42 }, graph: { version: 'a1b2c3_5m_1' },
    })
    expect(lineage.features).toMatchObject([
      { used_for: ['forecast'], queue_id: 'wf-all-features_5m-20220801-a1b2c3', documents: { collection_name: 'features_5m_a1b2c3', from: openTime - 7 * 300_000, to: openTime + 300_000, symbols: ['BTCUSDT', 'ETHUSDT'] } },
      { used_for: ['training'], certificate: { checksum: hashOf('4'), complete: true }, documents: { from: start, to: start + 4 * day } },
    ])
    expect(lineage.data.map((d) => [d.source.symbol, d.type, d.used_for])).toEqual(
      ['BTCUSDT', 'ETHUSDT'].flatMap((symbol) => ['api_candles_5m', 'api_trades'].map((type) => [symbol, type, ['forecast', 'training']])))
    expect(lineage.data[0]).toMatchObject({
      certificate: { checksum: hashOf('0') }, documents: { collection_name: 'btcusdt_api_candles_5m_2022_08_01', from_key: `BTCUSDT_5m_${start}`, to_key: `BTCUSDT_5m_${start + 4 * day}` },
      source: { venue: 'binance', from: start, to: start + 4 * day }, topic: { partitions: [] },
    })
    expect(lineage.data[1]).toMatchObject({ documents: { from_key: 'BTCUSDT_trade_0000000000000005', to_key: 'BTCUSDT_trade_0000000000000901' }, topic: { name: trades.kafka_topic, partitions: [{ partition: 0, first: '0', last: '2' }] } })
  })

  it('names what is not there any more, and goes as far as it can', async () => {
    const id = await storeFinished(platform.store, platform.bus, plan)
    await platform.store.deleteKeys('model_versions', ['gnn-5m_v3'])
    await platform.store.dropCollection('graph_versions')
    await platform.bus.admin.deleteTopic(plan.queues[0]!.kafka_topic)
    const lineage = await trace(id)
    expect(lineage.missing).toEqual(['version 3 of model gnn-5m', 'graph a1b2c3_5m_1'])
    expect(lineage.run).toBeDefined()
    expect(lineage.data[0]!.topic.partitions).toEqual([])
    await platform.store.deleteKeys('training_runs', ['run-a1b2c3'])
    expect((await trace(id)).features).toMatchObject([{ used_for: ['forecast'] }])
  })

  it('is asked for by the key of a forecast that is there', async () => {
    const id = await storeFinished(platform.store, platform.bus, plan)
    await expect(trace(id, 'wf-ffffff')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect((await trace(id, 'wf-a1b2c3')).forecast.workflow_id).toBe('wf-a1b2c3')
    for (const other of ['BTCUSDT_5m_forecast_1659643500000', 'BTCUSDT_5m_1659643200000', 'x', 'BTCUSDT_7m_forecast_1659643200000']) {
      await expect(trace(other)).rejects.toMatchObject({ code: 'NOT_FOUND', remedy: expect.stringContaining('forecast_') })
    }
  })
})
