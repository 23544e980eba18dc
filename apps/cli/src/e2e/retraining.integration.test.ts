import { RetrainingPolicy, StoredRetraining, type Forecast } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSimulatedPlatform, type SimulatedPlatform } from './simulated-platform.ts'

const symbols = ['DOGEUSDT', 'LINKUSDT', 'LTCUSDT']
const model = 'loop-1m'
const minute = 60_000
const training = { window_bars: 8, hidden: 8, epochs: 1, batch_bars: 32 }

describe('the loop of retraining, with live forecasts', () => {
  let running: SimulatedPlatform
  let store: Store
  beforeAll(async () => {
    running = await startSimulatedPlatform({ env: { SYMBOLS: symbols.join(','), MAX_ACTIVE_QUEUES: '3', BACKOFF_INITIAL_MS: '50', RETRAINING_POLL_MS: '200' } })
    store = await running.openStore()
  }, 60_000)
  afterAll(() => running?.close())

  it('trains again when a bar has come, and whoever forecasts changes over without losing or doubling one', { timeout: 400_000 }, async () => {
    const serverTime = await running.exchangeTime()
    const { queues } = await running.api.submit({
      symbols, types: ['api_candles_1m', 'ws_candles_1m'], time_range: `${serverTime - 300 * minute}:`, options: { max_attempts: 20 },
      pipeline: { type: 'train_gnn', model, graph: { nearest: 2 }, training },
    })
    const stage = queues.find((queue) => queue.type === 'forecast_1m')!
    const forecasts = () => store.find<Forecast & StoredDocument>(stage.collection_name, { where: { kind: 'forecast', backfilled: false }, limit: 1_000 }).catch(() => [])
    const versions = async () => new Set((await forecasts()).map(({ model_version }) => model_version))
    await expect.poll(versions, { timeout: 200_000, interval: 500 }).toContain(1)

    // With another seed: the same data would come to the same model.
    const policy = RetrainingPolicy.parse({ symbols, interval: '1m', history_bars: 300, new_bars: 1, minimum_interval_minutes: 600, graph: { nearest: 2 }, training: { ...training, seed: 7 } })
    const put = await request('PUT', `/retraining/${model}`, policy)
    expect(StoredRetraining.parse(put)).toMatchObject({ model, policy, runs: [] })
    const state = async () => StoredRetraining.parse(await request('GET', `/retraining/${model}`))
    await expect.poll(async () => (await state()).runs, { timeout: 200_000, interval: 500 }).toHaveLength(1)
    const [run] = (await state()).runs
    expect(run, run!.message).toMatchObject({ number: 1, model_version: 2, outcome: expect.stringMatching(/^(promoted|kept)$/) as string })
    expect(await running.api.workflow(run!.workflow_id!)).toMatchObject({ status: 'finished', name: `retraining 1 of ${model}` })
    // The gate decides by scores of few bars; where it kept the old one, a person promotes.
    if (run!.outcome === 'kept') await request('POST', `/models/${model}/promote`, { version: 2, reason: 'a test' })
    await expect.poll(versions, { timeout: 150_000, interval: 500 }).toContain(2)

    const made = await forecasts()
    for (const symbol of symbols) {
      const of = made.filter((forecast) => forecast.symbol === symbol).sort((a, b) => a.open_time - b.open_time)
      const times = of.map(({ open_time }) => open_time)
      expect(times).toEqual(times.map((_, i) => times[0]! + i * minute))
      expect(of.map(({ model_version }) => model_version)).toEqual(of.map(({ model_version }) => model_version).toSorted((a, b) => a - b))
    }
  })

  async function request(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${running.platform.url}${path}`, { method, ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response.json()
  }
})
