import { forecastKey, type Forecast } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followWorkflow } from '../commands/watch.ts'
import { startSimulatedPlatform, type SimulatedPlatform } from './simulated-platform.ts'

const symbols = ['DOGEUSDT', 'LINKUSDT', 'LTCUSDT']
const minute = 60_000

describe('forecasts of a live market', () => {
  let running: SimulatedPlatform
  let store: Store
  beforeAll(async () => {
    running = await startSimulatedPlatform({ env: { SYMBOLS: symbols.join(','), MAX_ACTIVE_QUEUES: '3', BACKOFF_INITIAL_MS: '50' } })
    store = await running.openStore()
  }, 60_000)
  afterAll(() => running?.close())

  it('arrive for new bars after history was loaded and learnt from, until the workflow is stopped', { timeout: 300_000 }, async () => {
    const serverTime = await running.exchangeTime()
    const { workflow_id: id, queues } = await running.api.submit({
      symbols, types: ['api_candles_1m', 'ws_candles_1m'], time_range: `${serverTime - 360 * minute}:`, options: { max_attempts: 20 },
      pipeline: { type: 'train_gnn', graph: { nearest: 2 }, training: { window_bars: 8, hidden: 8, epochs: 2, batch_bars: 32 } },
    })
    const stage = queues.find((q) => q.type === 'forecast_1m')!
    const live = () => store.find<Forecast & StoredDocument>(stage.collection_name, { where: { kind: 'forecast', backfilled: false }, limit: 100 }).catch(() => [])
    // Of the same new bar, for every symbol.
    const whole = async () => {
      const found = await live()
      return found.filter((f) => symbols.every((symbol) => found.some((other) => other.symbol === symbol && other.open_time === f.open_time)))
    }
    await expect.poll(async () => {
      const { status, reason } = await running.api.workflow(id)
      if (status !== 'running' && status !== 'pending') throw new Error(`the workflow is ${status}: ${reason}`)
      return (await whole()).length
    }, { timeout: 240_000, interval: 500 }).toBeGreaterThanOrEqual(symbols.length)

    const forecast = (await whole())[0]!
    const stored = queues.find((q) => q.type === 'features_1m')!
    expect(forecast.open_time).toBeGreaterThanOrEqual(stored.to!)
    expect(forecast.target_time).toBe(forecast.open_time + 2 * minute)
    expect([...new Set(forecast.inputs.map((input) => input.topic))]).toEqual([stage.kafka_topic])
    const lineage = await running.api.lineage(forecastKey(forecast), {})
    expect(lineage.missing).toEqual([])
    expect(lineage.features.map((f) => [f.type, f.used_for])).toEqual([['features_1m', ['forecast']], ['forecast_1m', ['forecast']], ['features_1m', ['training']]])
    expect(lineage.data.filter((d) => d.type === 'ws_candles_1m').every((d) => d.source.to === undefined)).toBe(true)

    await running.api.stop(id)
    const ended = await followWorkflow(running.api, id, { json: true })
    expect(ended.status).toBe('stopped')
    expect(ended.queues.find((q) => q.queue_id === stage.queue_id)).toMatchObject({ status: 'stopped', certificate: { open: true, complete: true, unit: 'rows' } })
    expect(ended.queues.filter((q) => q.type !== 'forecast_1m' && q.certificate).every((q) => q.certificate!.complete)).toBe(true)
  })
})
