import { join } from 'node:path'
import { openProcessLauncher, type JobInfo } from '@streamforge/launcher'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followWorkflow } from '../commands/watch.ts'
import { killProcess } from './kill-process.ts'
import { startSimulatedPlatform, type SimulatedPlatform } from './simulated-platform.ts'

const symbols = ['BTCUSDT', 'ETHUSDT']
const types = ['ws_trades', 'ws_orderbook'] as const
const count = symbols.length * types.length

describe('live queues that share processes', () => {
  let running: SimulatedPlatform
  beforeAll(async () => {
    running = await startSimulatedPlatform({ env: { BACKOFF_INITIAL_MS: '50', BACKOFF_MAX_MS: '200', WS_RATE: '100', SYMBOLS: symbols.join(',') } })
  })
  afterAll(() => running.close())

  it('come back when one is killed, and each is whole at the end', { timeout: 120_000 }, async () => {
    const { platform, api } = running
    const serverTime = await running.exchangeTime()
    const { workflow_id: id } = await api.submit({ symbols, types: [...types], time_range: `${serverTime}:`, options: { max_attempts: 100 } })
    const launcher = await openProcessLauncher({ directory: join(platform.dataDir, 'jobs'), programs: {}, env: {} })
    const runningJobs = async (target: string) => (await launcher.list()).filter((job): job is JobInfo & { pid: number } =>
      job.target === target && job.state.status === 'running' && job.pid !== undefined)
    const jobsOf = async (target: string) => (await api.workflow(id)).queues.flatMap(({ jobs }) => jobs.filter((job) => job.target === target))
    const allWrite = (target: string, more: readonly number[] = []) => expect.poll(async () => {
      const jobs = await jobsOf(target)
      return jobs.length === count && jobs.every(({ records_written: now }, i) => now > (more[i] ?? 0))
    }, { timeout: 30_000, interval: 100 }).toBe(true)

    await allWrite('arango-connector')
    for (const target of ['loader-producer', 'arango-connector']) {
      const shared = await runningJobs(target)
      expect(shared).toHaveLength(count)
      expect(new Set(shared.map(({ pid }) => pid)).size).toBe(1)
      const before = (await jobsOf(target)).map(({ records_written: records }) => records)
      expect(killProcess(shared[0]!.pid)).toBe(true)
      await expect.poll(async () => (await jobsOf(target)).map(({ attempt, status }) => `${attempt} ${status}`), { timeout: 30_000, interval: 100 })
        .toEqual(Array(count).fill('2 running'))
      await allWrite(target, before)
    }
    await launcher.close()

    await api.stop(id)
    const ended = await followWorkflow(api, id, { json: true })
    expect(ended.queues.map(({ status, certificate }) => ({ status, complete: certificate?.complete, lost: certificate?.lost })))
      .toEqual(Array(count).fill({ status: 'stopped', complete: true, lost: 0 }))
  })
})
