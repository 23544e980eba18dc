import { assignmentToEnv, StartCommand, type CoverageCertificate, type Workflow } from '@streamforge/contracts'
import { openProcessLauncher, type JobInfo } from '@streamforge/launcher'
import { seededRandom } from '@streamforge/market'
import { connectStore } from '@streamforge/store'
import { connectBus } from '@streamforge/bus'
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareLines } from '../compare-lines.ts'
import { storedLines } from '../commands/verify.ts'
import { followWorkflow } from '../commands/watch.ts'
import { exchangeLines } from './source-lines.ts'
import { killProcess } from './kill-process.ts'
import { startSimulatedPlatform, type SimulatedPlatform } from './simulated-platform.ts'

const seed = Number(process.env.SEED ?? 20240801)
const killsWanted = 24

describe(`processes killed at random (SEED=${seed})`, () => {
  let running: SimulatedPlatform
  beforeAll(async () => {
    running = await startSimulatedPlatform({ env: { REQUEST_CONCURRENCY: '1', BACKOFF_INITIAL_MS: '50', BACKOFF_MAX_MS: '200' } })
  })
  afterAll(() => running.close())

  it('ends with a store that equals the source, record by record', { timeout: 240_000 }, async () => {
    const { platform, api } = running
    const random = seededRandom(seed, 'kills')
    // Slow answers: so that there is time to die in the middle.
    await running.faults([{ kind: 'slow', delay_ms: 200, path: '/api/v3' }])
    const { symbols } = await (await fetch(`${platform.exchangeUrl}/api/v3/exchangeInfo`)).json() as { symbols: { symbol: string }[] }
    const serverTime = await running.exchangeTime()
    const to = Math.floor(serverTime / 86_400_000) * 86_400_000
    const submitted = await api.submit({
      symbols: symbols.slice(0, 2).map((s) => s.symbol), types: ['api_candles_1m'], options: { source: 'rest', max_attempts: 100, shards: 2 },
      time_range: `${to - 56 * 86_400_000}:${to}`,
    })
    const trades = await api.submit({
      symbols: [symbols[0]!.symbol], types: ['api_trades'], options: { source: 'rest', max_attempts: 100 }, time_range: `${to - 7_200_000}:${to}`,
    })

    const killed = { loader: 0, connector: 0, manager: 0 }
    let done = false
    const ended = Promise.all([submitted, trades].map((w) => followWorkflow(api, w.workflow_id, { json: true }))).finally(() => { done = true })
    const jobs = await openProcessLauncher({ directory: join(platform.dataDir, 'jobs'), programs: {}, env: {} })
    let doubled = false
    while (!done && killed.loader + killed.connector < killsWanted) {
      await delay(300 + random() * 900)
      const alive = (await jobs.list()).filter((j) => j.state.status === 'running' && j.pid !== undefined)
      const victim = alive[Math.floor(random() * alive.length)]
      if (!victim) continue
      if (!doubled && victim.target === 'loader-producer') {
        doubled = true
        await startDouble(platform.dataDir, victim)
      }
      if (killProcess(victim.pid!)) killed[victim.target === 'loader-producer' ? 'loader' : 'connector']++
      if (killed.manager === 0 && killed.loader + killed.connector >= killsWanted / 2) {
        killed.manager += killProcess(platform.pid('queue-manager')!) ? 1 : 0
      }
    }
    await jobs.close()
    await running.faults([])
    const workflows = await ended

    expect(killed.loader + killed.connector).toBeGreaterThanOrEqual(20)
    expect(killed.loader).toBeGreaterThan(0)
    expect(killed.connector).toBeGreaterThan(0)
    expect(killed.manager).toBe(1)
    expect(workflows.map((w) => [w.status, w.reason])).toEqual([['finished', undefined], ['finished', undefined]])
    for (const certificate of workflows.flatMap(certificates)) await expectEqualToSource(platform.exchangeUrl, platform.dataDir, certificate)
  })
})

function certificates(workflow: Workflow): CoverageCertificate[] {
  expect(workflow.queues.map((q) => q.certificate?.complete)).toEqual(workflow.queues.map(() => true))
  return workflow.queues.map((q) => q.certificate!)
}

async function expectEqualToSource(exchangeUrl: string, dataDir: string, certificate: CoverageCertificate) {
  const source = await exchangeLines(exchangeUrl, certificate)
  const store = await connectStore({ kind: 'embedded', file: join(dataDir, 'store.db') })
  try {
    const comparison = await compareLines((async function* () { yield source })(), storedLines(store, certificate))
    expect(comparison).toMatchObject({ equal: true, rows: certificate.rows_stored, checksum: certificate.checksum })
    expect(source.length).toBeGreaterThan(1000)
  } finally {
    await store.close()
  }
}

/** Runs a job a second time beside the one that runs: the same program with the same assignment, as a cluster may do. */
async function startDouble(dataDir: string, job: JobInfo): Promise<void> {
  const bus = await connectBus({ kind: 'embedded', directory: join(dataDir, 'bus') })
  const { partitions } = await bus.admin.describeTopic('queue-control')
  const messages = await bus.admin.peek('queue-control', { partition: 0, offset: partitions[0]!.earliest, limit: 10_000 })
  await bus.close()
  const start = messages.map((m) => StartCommand.safeParse(JSON.parse(m.value.toString())).data)
    .find((s) => s?.queue_id === job.queue_id && s.target === job.target && s.attempt === job.attempt)
  expect(start).toBeDefined()
  const environment = await readFile(`/proc/${job.pid}/environ`, 'utf8').catch(() => '')
  const env = Object.fromEntries(environment.split('\0').filter(Boolean).map((e) => [e.slice(0, e.indexOf('=')), e.slice(e.indexOf('=') + 1)]))
  const double = spawn(process.execPath, [resolve(import.meta.dirname, '../../../loader-api/src/main.ts')], {
    env: { ...env, ...assignmentToEnv(start!) }, stdio: 'ignore',
  })
  double.unref()
}
