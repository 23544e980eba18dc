import { connectBus } from '@streamforge/bus'
import type { CoverageCertificate, Trade, Workflow } from '@streamforge/contracts'
import { openProcessLauncher } from '@streamforge/launcher'
import { seededRandom } from '@streamforge/market'
import { connectStore, type StoredDocument } from '@streamforge/store'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { storedLines } from '../commands/verify.ts'
import { followWorkflow } from '../commands/watch.ts'
import { killProcess } from './kill-process.ts'
import { startSimulatedPlatform, type SimulatedPlatform } from './simulated-platform.ts'
import { exchangeLines } from './source-lines.ts'

const seed = Number(process.env.SEED ?? 20240801)
const minute = 60_000

describe(`history and live trades as one series (SEED=${seed})`, () => {
  let running: SimulatedPlatform
  beforeAll(async () => {
    running = await startSimulatedPlatform({ env: { BACKOFF_INITIAL_MS: '50', BACKOFF_MAX_MS: '200', WS_RATE: '200', REQUEST_CONCURRENCY: '1' } })
  })
  afterAll(() => running.close())

  it('has every trade of the exchange once, with processes killed at every step', { timeout: 180_000 }, async () => {
    const { platform, api } = running
    const random = seededRandom(seed, 'seam')
    await running.faults([{ kind: 'slow', delay_ms: 100, path: '/api/v3' }])
    const { symbols } = await askExchange<{ symbols: { symbol: string }[] }>('/api/v3/exchangeInfo')
    const { serverTime } = await askExchange<{ serverTime: number }>('/api/v3/time')
    const { workflow_id: id } = await api.submit({
      symbols: [symbols[0]!.symbol], types: ['api_trades', 'ws_trades'], time_range: `${serverTime - 30 * minute}:`, options: { max_attempts: 100 },
    })
    const queue = async (type: string) => (await api.workflow(id)).queues.find((q) => q.type === type)!
    const liveJobs = async () => (await queue('ws_trades')).jobs

    // While live begins, while history leads up to it, and after they have met.
    const killed: Record<string, number> = {}
    const jobs = await openProcessLauncher({ directory: join(platform.dataDir, 'jobs'), programs: {}, env: {} })
    const killOne = async (which: (job: { queue_id: string; target: string }) => boolean) => {
      const victims = (await jobs.list()).filter((j) => j.state.status === 'running' && j.pid !== undefined && which(j))
      const victim = victims[Math.floor(random() * victims.length)]
      if (!victim || !killProcess(victim.pid!)) return
      const name = `${victim.queue_id.includes('ws_trades') ? 'live' : 'history'} ${victim.target}`
      killed[name] = (killed[name] ?? 0) + 1
    }
    await expect.poll(async () => (await liveJobs())[0]?.attempt, { timeout: 20_000 }).toBe(1)
    for (let round = 0; round < 6; round++) {
      await delay(400 + random() * 800)
      await killOne(() => true)
      if (round === 2) expect(killProcess(platform.pid('queue-manager')!)).toBe(true)
    }
    await expect.poll(async () => (await queue('api_trades').catch(() => undefined))?.status, { timeout: 60_000, interval: 200 }).toBe('finished')
    for (const target of ['loader-producer', 'arango-connector', 'loader-producer']) {
      const { attempt } = (await liveJobs()).find((j) => j.target === target)!
      await killOne((job) => job.target === target)
      await expect.poll(async () => (await liveJobs()).find((j) => j.target === target && j.attempt > attempt)?.status, { timeout: 30_000 }).toBe('running')
      // Alive again, and past what it had: it goes on.
      const written = (await liveJobs()).find((j) => j.target === target)!.records_written
      await expect.poll(async () => (await liveJobs()).find((j) => j.target === target)!.records_written, { timeout: 30_000 }).toBeGreaterThan(written)
    }
    await jobs.close()
    await running.faults([])

    await api.stop(id)
    const ended = await followWorkflow(api, id, { json: true })
    expect(ended.status).toBe('stopped')
    expect(killed['live loader-producer']).toBeGreaterThanOrEqual(2)
    expect(killed['live arango-connector']).toBeGreaterThanOrEqual(1)
    const live = certificateOf(ended, 'ws_trades')
    const history = certificateOf(ended, 'api_trades')
    expect(history).toMatchObject({ complete: true, first_trade_id: live.first_trade_id })
    expect(live).toMatchObject({ complete: true, open: true, lost: 0, missing_at_source: 0, collection_name: history.collection_name })
    expect(live.last_trade_id).toBeGreaterThan(history.last_trade_id!)
    const { certificates } = await api.coverage({ workflow_id: id })
    expect(certificates.map((c) => c.type).toSorted()).toEqual(['api_trades', 'ws_trades'])
    await expectEqualToExchange(live)
    await expectLiveCopies(live, (await queue('ws_trades')).kafka_topic)
  })

  /** Whatever came live says in the store when it was known, also where history or a refill brought it a second time. */
  async function expectLiveCopies(live: CoverageCertificate, topic: string) {
    const bus = await connectBus({ kind: 'embedded', directory: join(running.platform.dataDir, 'bus') })
    const messages = (await bus.admin.peek(topic, { partition: 0, limit: 1_000_000 })).map(({ value }) => JSON.parse(value.toString()) as Trade)
    await bus.close()
    const heardLive = new Set(messages.filter((m) => m.kind === 'trade' && !m.backfilled).map((m) => m.trade_id))
    const store = await connectStore({ kind: 'embedded', file: join(running.platform.dataDir, 'store.db') })
    const backfilled: number[] = []
    for await (const trades of store.scan<Trade & StoredDocument>(live.collection_name)) for (const t of trades) if (t.backfilled) backfilled.push(t.trade_id)
    await store.close()
    expect(heardLive.size).toBeGreaterThan(0)
    expect(backfilled.filter((tradeId) => heardLive.has(tradeId))).toEqual([])
  }

  async function expectEqualToExchange(certificate: CoverageCertificate) {
    const upTo = (line: string) => Number(line.slice(0, line.indexOf(','))) <= certificate.last_trade_id!
    const source = (await exchangeLines(running.platform.exchangeUrl, certificate)).filter(upTo)
    const store = await connectStore({ kind: 'embedded', file: join(running.platform.dataDir, 'store.db') })
    const stored: string[] = []
    for await (const page of storedLines(store, certificate)) stored.push(...page)
    await store.close()
    const ids = stored.map((line) => Number(line.slice(0, line.indexOf(','))))
    expect(ids).toEqual(Array.from(ids, (_, i) => ids[0]! + i))
    expect(stored).toEqual(source)
    expect(stored.length).toBe(certificate.rows_stored)
  }

  async function askExchange<T>(path: string): Promise<T> {
    return await (await fetch(`${running.platform.exchangeUrl}${path}`)).json() as T
  }
})

function certificateOf(workflow: Workflow, type: string): CoverageCertificate {
  const certificate = workflow.queues.find((q) => q.type === type)?.certificate
  if (!certificate) throw new Error(`${type} has no certificate`)
  return certificate
}
