import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BacktestReport, barGrid, featureSets, type FeatureRow, type ModelVersion, type Workflow } from '@streamforge/contracts'
import { seededRandom } from '@streamforge/market'
import type { Store, StoredDocument } from '@streamforge/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followWorkflow, isComplete } from '../commands/watch.ts'
import { startSimulatedPlatform, type SimulatedPlatform } from './simulated-platform.ts'

const range = { from: Date.UTC(2014, 0, 1), to: Date.UTC(2017, 0, 1) }
const sessions = barGrid('yahoo', '1d').times(range)
/** The venue has no row of this session, and no prices of that one. */
const [absent, empty] = [sessions[300]!, sessions[420]!]

/** Three years of one stock, as files of daily prices have them. */
function recordedPrices(): string {
  const random = seededRandom(4)
  let close = 100
  const lines = sessions.filter((time) => time !== absent).map((time) => {
    const open = close * Math.exp((random() - 0.5) * 0.01)
    close = open * Math.exp((random() - 0.48) * 0.03)
    const prices = [open, Math.max(open, close) * 1.004, Math.min(open, close) * 0.996, close].map((price) => price.toFixed(2))
    const row = time === empty ? ['0', '0', '0', '0', '0'] : [...prices, String(1_000_000 + Math.floor(random() * 1e6))]
    return ['ACME', `${new Date(time).toISOString().slice(0, 10)} 16:00:00-05:00`, ...row].join(',')
  })
  return ['ticker,date,open,high,low,close,volume', ...lines, ''].join('\n')
}

describe('an agent that trades a stock by the day, from one request to its backtests', () => {
  let running: SimulatedPlatform
  let store: Store
  let data: string
  let trained: Workflow
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'streamforge-stocks-'))
    await writeFile(join(data, 'prices.csv'), recordedPrices())
    running = await startSimulatedPlatform({ data, env: { BACKOFF_INITIAL_MS: '50' } })
    store = await running.openStore()
  }, 60_000)
  afterAll(async () => {
    await running?.close()
    await rm(data, { recursive: true, force: true })
  })

  it('is trained and backtested on all sessions, without a gap at week-ends', { timeout: 120_000 }, async () => {
    const { workflow_id: id } = await running.api.submit({
      venue: 'yahoo', symbols: ['ACME'], types: ['api_candles_1d'], time_range: '2014-01-01:2017-01-01', options: { max_attempts: 20 },
      pipeline: { type: 'trade_agent', agent: { steps: 2_000, hidden: 16, lot_size: 1 } },
    })
    trained = await followWorkflow(running.api, id, { json: true })
    expect([trained.status, trained.reason]).toEqual(['finished', undefined])
    expect(isComplete(trained)).toBe(true)
    expect(trained.queues.find((queue) => queue.type === 'api_candles_1d')!.certificate).toMatchObject({
      calendar: 'us_stocks', rows_expected: sessions.length, rows_stored: sessions.length - 2, missing_at_source: 2, lost: 0,
      holes: [absent, empty].map((time) => expect.objectContaining({ missing: 1, cause: 'exchange', from: expect.toSatisfy((from: number) => from <= time) })),
    })
    expect(await store.find<ModelVersion & StoredDocument>('model_versions', { where: { workflow_id: id } })).toMatchObject([{ model: 'agent-acme-1d', promotion: { promoted: true } }])
  })

  it('has the features of every session, but for those after a missing one', async () => {
    const collection = trained.queues.find((queue) => queue.type === 'features_1d')!.collection_name
    const rows = await store.find<FeatureRow & StoredDocument>(collection, { where: { kind: 'feature' }, sort: [{ field: '_key', direction: 'asc' }], limit: 1_000 })
    expect(rows).toHaveLength(sessions.length - 2)
    const longest = featureSets.bars_v1.indexOf('return_48')
    const begin = [range.from, absent, empty].map((time) => rows.findIndex((row) => row.open_time > time))
    const warm = rows.map((_, i) => i - begin.findLast((at) => at <= i)! >= 48)
    expect(rows.map((row) => row.values[longest] !== null)).toEqual(warm)
  })

  it('is tested over the last fifth of the sessions, and by the year of 252 bars', async () => {
    const reports = await store.find<BacktestReport & StoredDocument>('backtests', { where: { workflow_id: trained.workflow_id } })
    expect(reports).toHaveLength(4)
    for (const report of reports) {
      expect(BacktestReport.parse(report)).toEqual(report)
      expect(report.verdict.valid, JSON.stringify(report.verdict)).toBe(true)
      expect([report.bars, report.missing_bars]).toEqual([sessions.length - Math.floor(sessions.length * 0.8), 0])
      const barsAYear = report.bars / ((report.to - report.from) / (365.25 * 86_400_000))
      expect(Math.abs(barsAYear - 252)).toBeLessThan(3)
    }
  })

  it('comes to the same in a replay', { timeout: 120_000 }, async () => {
    const { workflow_id: id } = await running.api.replay(trained.workflow_id)
    expect((await followWorkflow(running.api, id, { json: true })).status).toBe('finished')
    expect((await running.api.report(id)).same).toBe(true)
  })
})
