import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { BacktestReport, type ModelVersion, TrainingRun, type Workflow } from '@streamforge/contracts'
import { openFolderObjects, type ObjectStore } from '@streamforge/objects'
import type { Store, StoredDocument } from '@streamforge/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followWorkflow, isComplete } from '../commands/watch.ts'
import { startSimulatedPlatform, type SimulatedPlatform } from './simulated-platform.ts'

const day = 86_400_000
const symbol = 'LINKUSDT'

describe('a trading agent, from one request to its backtests', () => {
  let running: SimulatedPlatform
  let store: Store
  let objects: ObjectStore
  let trained: Workflow
  beforeAll(async () => {
    running = await startSimulatedPlatform({ env: { SYMBOLS: symbol, BACKOFF_INITIAL_MS: '50' } })
    store = await running.openStore()
    objects = await openFolderObjects({ directory: join(running.platform.dataDir, 'objects') })
  }, 60_000)
  afterAll(async () => {
    await objects?.close()
    await running?.close()
  })
  const queueOf = (type: string) => trained.queues.find((queue) => queue.type === type)!
  const reports = () => store.find<BacktestReport & StoredDocument>('backtests', { where: { workflow_id: trained.workflow_id }, sort: [{ field: '_key', direction: 'asc' }] })

  it('is loaded for, trained, registered and backtested', { timeout: 180_000 }, async () => {
    const serverTime = await running.exchangeTime()
    const to = Math.floor(serverTime / day) * day
    const { workflow_id: id } = await running.api.submit({
      symbols: [symbol], types: ['api_candles_5m'], time_range: `${to - 6 * day}:${to}`, options: { max_attempts: 20 },
      pipeline: { type: 'trade_agent', agent: { steps: 4_000, hidden: 16 } },
    })
    trained = await followWorkflow(running.api, id, { json: true })
    expect([trained.status, trained.reason]).toEqual(['finished', undefined])
    expect(isComplete(trained)).toBe(true)
    expect(trained.stages.map((s) => s.stage)).toEqual(['loader-producer', 'arango-connector', 'processor', 'trainer'])
    const [version] = await store.find<ModelVersion & StoredDocument>('model_versions', { where: { workflow_id: id } })
    expect(version).toMatchObject({ model: 'agent-linkusdt-5m', version: 1, promotion: { promoted: true } })
    const run = TrainingRun.parse(await store.get('training_runs', version!.run_id))
    expect(run).toMatchObject({ kind: 'agent', status: 'finished', data: expect.arrayContaining([expect.objectContaining({ checksum: queueOf('features_5m').certificate!.checksum })]) })
    expect(run.epochs).toHaveLength(20)
    expect(queueOf('train_agent_5m')).toMatchObject({ result: { facts: { valid: true, backtests: 4, run_id: run.run_id } } })
  })

  it('leaves reports that fit their contract, and a CSV of every test bar', async () => {
    const stored = await reports()
    expect(stored.map(({ strategy }) => strategy)).toEqual(['buy_and_hold', 'dqn', 'moving_average', 'rsi'])
    for (const report of stored) {
      expect(BacktestReport.parse(report)).toEqual(report)
      expect(report.verdict.valid, JSON.stringify(report.verdict)).toBe(true)
      const csv = await objects.get(report.csv.object)
      expect(`sha256:${createHash('sha256').update(csv).digest('hex')}`).toBe(report.csv.sha256)
      expect(csv.toString().trimEnd().split('\n')).toHaveLength(report.bars + 1)
      expect(report.bars).toBeGreaterThan(300)
    }
  })

  it('comes to the same agent and the same bars in a replay, which leaves no report', { timeout: 180_000 }, async () => {
    const { workflow_id: id } = await running.api.replay(trained.workflow_id)
    expect((await followWorkflow(running.api, id, { json: true })).status).toBe('finished')
    const report = await running.api.report(id)
    expect(report.queues.filter((row) => !row.same)).toEqual([])
    expect(report.same).toBe(true)
    expect(await store.count('backtests')).toBe(4)
  })
})
