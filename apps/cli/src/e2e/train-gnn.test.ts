import { forecastKey, type Forecast, type Workflow, type WorkflowRequestInput } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderLineage } from '../commands/lineage.ts'
import { renderReport } from '../commands/replay.ts'
import { followWorkflow, isComplete } from '../commands/watch.ts'
import { startSimulatedPlatform, type SimulatedPlatform } from './simulated-platform.ts'

const symbols = ['DOGEUSDT', 'LINKUSDT', 'LTCUSDT', 'XRPUSDT']
const day = 86_400_000

describe('a graph neural network, from one request to forecasts', () => {
  let running: SimulatedPlatform
  let store: Store
  let request: WorkflowRequestInput
  let trained: Workflow
  beforeAll(async () => {
    running = await startSimulatedPlatform({ env: { SYMBOLS: symbols.join(','), MAX_ACTIVE_QUEUES: '3', BACKOFF_INITIAL_MS: '50' } })
    store = await running.openStore()
    const serverTime = await running.exchangeTime()
    const to = Math.floor(serverTime / day) * day
    request = {
      symbols, types: ['api_candles_5m', 'api_trades'], time_range: `${to - day}:${to}`, options: { max_attempts: 20 },
      pipeline: { type: 'train_gnn', graph: { nearest: 2, kinds: ['correlation', 'lead_lag', 'volume_volatility', 'sector'] }, training: { window_bars: 8, hidden: 8, epochs: 3, batch_bars: 32 } },
    }
  }, 60_000)
  afterAll(() => running?.close())
  const queueOf = (workflow: Workflow, type: string) => workflow.queues.find((q) => q.type === type)!

  it('is loaded for, trained, registered and asked', { timeout: 180_000 }, async () => {
    const { workflow_id: id } = await running.api.submit(request)
    trained = await followWorkflow(running.api, id, { json: true })
    expect([trained.status, trained.reason]).toEqual(['finished', undefined])
    expect(isComplete(trained)).toBe(true)
    expect(trained.stages.map((s) => s.stage)).toEqual(['loader-producer', 'arango-connector', 'processor', 'graph-builder', 'trainer', 'predictor'])
    expect(queueOf(trained, 'features_5m').certificate).toMatchObject({ unit: 'rows', complete: true, rows_stored: 4 * 288 })
    const [version] = await store.find('model_versions', { where: { workflow_id: id } })
    expect(version).toMatchObject({ model: 'gnn-5m', version: 1, symbols, promotion: { promoted: true } })
    const run = await store.get('training_runs', String(version!.run_id))
    expect(run).toMatchObject({ status: 'finished', data: expect.arrayContaining([expect.objectContaining({ checksum: queueOf(trained, 'features_5m').certificate!.checksum })]) })
    expect(Object.keys(run!.scores as object).length).toBeGreaterThan(3)
    expect(queueOf(trained, 'train_gnn_5m')).toMatchObject({ metrics: { mse: expect.any(Number) }, result: { hash: version!.hash } })
    const forecasts = await store.count(queueOf(trained, 'forecast_5m').collection_name)
    expect(forecasts).toBeGreaterThan(4 * 30)
    expect(queueOf(trained, 'forecast_5m').certificate).toMatchObject({ complete: true, rows_stored: forecasts })
  })

  it('can be followed back to the exchange from any forecast', async () => {
    const [forecast] = await store.find<Forecast & StoredDocument>(queueOf(trained, 'forecast_5m').collection_name, { where: { kind: 'forecast' }, limit: 1 })
    const lineage = await running.api.lineage(forecastKey(forecast!), {})
    expect(lineage.missing).toEqual([])
    expect(lineage.model?.version).toBe(1)
    expect(lineage.run?.workflow_id).toBe(trained.workflow_id)
    expect(lineage.graph?.symbols).toEqual(symbols)
    expect(lineage.features.map((f) => f.used_for)).toEqual([['forecast'], ['training']])
    expect(lineage.data).toHaveLength(8)
    for (const { certificate, topic, documents, source } of lineage.data) {
      expect(certificate).toMatchObject({ complete: true })
      expect(topic.partitions).toMatchObject([{ partition: 0, first: '0' }])
      expect(await store.count(documents.collection_name, { from: documents.from_key, to: documents.to_key })).toBe(certificate!.rows)
      expect(source.to! - source.from).toBe(day)
    }
    const input = forecast!.inputs[0]!
    expect(lineage.features[0]!.topic.partitions.find((p) => p.partition === input.partition)).toMatchObject({ first: '0' })
    expect(renderLineage(lineage).join('\n')).toContain('binance DOGEUSDT api_candles_5m')
  })

  it('comes to the same hashes in a replay from the topics, which leaves nothing behind', { timeout: 180_000 }, async () => {
    const { workflow_id: id } = await running.api.replay(trained.workflow_id)
    const replayed = await followWorkflow(running.api, id, { json: true })
    expect([replayed.status, replayed.reason]).toEqual(['finished', undefined])
    const report = await running.api.report(id)
    expect(report.queues.filter((row) => !row.same), renderReport(report)).toEqual([])
    expect(report.same).toBe(true)
    expect(report.queues.length).toBeGreaterThanOrEqual(8 + 4)
    expect(await store.count('model_versions')).toBe(1)
    const removed = await fetch(`${running.platform.url}/workflows/${id}?data=true`, { method: 'DELETE' })
    expect(removed.status).toBe(204)
    const suffix = id.slice('wf-'.length)
    expect((await store.listCollections()).map((c) => c.name).filter((name) => name.includes(suffix))).toEqual([])
    expect((await running.api.workflow(trained.workflow_id)).status).toBe('finished')
  })
})
