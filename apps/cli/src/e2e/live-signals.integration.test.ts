import { type Candle, Signal, recordKey } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followWorkflow } from '../commands/watch.ts'
import { startSimulatedPlatform, type SimulatedPlatform } from './simulated-platform.ts'

const symbol = 'LINKUSDT'
const minute = 60_000

describe('a trading agent in a live market', () => {
  let running: SimulatedPlatform
  let store: Store
  beforeAll(async () => {
    running = await startSimulatedPlatform({ env: { SYMBOLS: symbol, BACKOFF_INITIAL_MS: '50' } })
    store = await running.openStore()
  }, 60_000)
  afterAll(() => running?.close())

  it('gives a signal for every new bar, and keeps its account, until the workflow is stopped', { timeout: 300_000 }, async () => {
    const serverTime = await running.exchangeTime()
    const { workflow_id: id, queues } = await running.api.submit({
      symbols: [symbol], types: ['api_candles_1m', 'ws_candles_1m'], time_range: `${serverTime - 1_800 * minute}:`, options: { max_attempts: 20 },
      pipeline: { type: 'trade_agent', agent: { steps: 2_000, hidden: 16, strategies: ['dqn'] } },
    })
    const stage = queues.find((q) => q.type === 'forecast_1m')!
    const signals = () => store.find<Signal & StoredDocument>(stage.collection_name, { where: { kind: 'signal' }, sort: [{ field: '_key', direction: 'asc' }], limit: 100 }).catch(() => [])
    await expect.poll(async () => {
      const { status, reason } = await running.api.workflow(id)
      if (status !== 'running' && status !== 'pending') throw new Error(`the workflow is ${status}: ${reason}`)
      return (await signals()).length
    }, { timeout: 240_000, interval: 500 }).toBeGreaterThanOrEqual(2)

    const made = await signals()
    // The first bar after those that were backtested, and then every one.
    made.forEach(({ open_time }, i) => expect(open_time).toBe(queues.find((q) => q.type === 'features_1m')!.to! + i * minute))
    for (const { _key, ...signal } of made) {
      expect(recordKey(Signal.parse(signal))).toBe(_key)
      expect(signal).toMatchObject({ symbol, model: 'agent-linkusdt-1m', model_version: 1, backfilled: false })
      const candle = await store.get<Candle & StoredDocument>(queues.find((q) => q.type === 'ws_candles_1m')!.collection_name, `${symbol}_1m_${signal.open_time}`)
      expect(signal.portfolio_value).toBeCloseTo(signal.account.cash + signal.account.position * candle!.close, 6)
    }
    expect(made[0]!.account).toMatchObject({ cash: 100_000, position: 0, traded: 0 })

    await running.api.stop(id)
    const ended = await followWorkflow(running.api, id, { json: true })
    expect(ended.status).toBe('stopped')
    expect(ended.queues.find((q) => q.queue_id === stage.queue_id)).toMatchObject({ status: 'stopped', certificate: { open: true, complete: true, unit: 'rows' } })
  })
})
