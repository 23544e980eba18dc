import { isStageType, type Workflow } from '@streamforge/contracts'
import { openProcessLauncher } from '@streamforge/launcher'
import { seededRandom } from '@streamforge/market'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followWorkflow } from '../commands/watch.ts'
import { killProcess } from './kill-process.ts'
import { startSimulatedPlatform, type SimulatedPlatform } from './simulated-platform.ts'

const seed = Number(process.env.SEED ?? 20240801)
const symbols = ['DOGEUSDT', 'LINKUSDT', 'LTCUSDT']
const day = 86_400_000

describe(`stages whose workers are killed at random (SEED=${seed})`, () => {
  let running: SimulatedPlatform
  beforeAll(async () => {
    running = await startSimulatedPlatform({ env: { SYMBOLS: symbols.join(','), MAX_ACTIVE_QUEUES: '3', BACKOFF_INITIAL_MS: '50', BACKOFF_MAX_MS: '200' } })
  }, 60_000)
  afterAll(() => running?.close())

  it('come to the same hashes as undisturbed ones', { timeout: 240_000 }, async () => {
    const serverTime = await running.exchangeTime()
    const to = Math.floor(serverTime / day) * day
    const submit = () => running.api.submit({
      symbols, types: ['api_candles_5m'], time_range: `${to - 2 * day}:${to}`, options: { max_attempts: 100 },
      pipeline: { type: 'train_gnn', graph: { nearest: 2 }, training: { window_bars: 8, hidden: 8, epochs: 4, batch_bars: 32 } },
    })
    const undisturbed = await followWorkflow(running.api, (await submit()).workflow_id, { json: true })
    expect([undisturbed.status, undisturbed.reason]).toEqual(['finished', undefined])

    const { workflow_id: id } = await submit()
    const followed = followWorkflow(running.api, id, { json: true })
    let done = false
    const ended = followed.finally(() => { done = true })
    const killed = await killStages(running.platform.dataDir, id, () => done)
    const disturbed = await ended

    expect([disturbed.status, disturbed.reason]).toEqual(['finished', undefined])
    expect([...killed.keys()].toSorted()).toEqual([
      'features arango-connector', 'features processor', 'forecast arango-connector', 'forecast predictor', 'graph graph-builder', 'train_gnn trainer',
    ])
    expect(hashesOf(disturbed)).toEqual(hashesOf(undisturbed))
  })

  /** Kills each worker of a stage soon after it was launched, and its next attempt somewhere in its work. */
  async function killStages(dataDir: string, workflowId: string, isDone: () => boolean): Promise<Map<string, number>> {
    const random = seededRandom(seed, 'stages')
    const killed = new Map<string, number>()
    const seen = new Set<string>()
    const kills: Promise<void>[] = []
    const jobs = await openProcessLauncher({ directory: join(dataDir, 'jobs'), programs: {}, env: {} })
    while (!isDone()) {
      for (const job of await jobs.list()) {
        if (job.state.status !== 'running' || job.pid === undefined || seen.has(job.name) || job.attempt > 2) continue
        const stage = new RegExp(`^wf-all-(.+)_5m-\\d+-${workflowId.slice('wf-'.length)}$`).exec(job.queue_id)?.[1]
        if (stage === undefined) continue
        seen.add(job.name)
        const { pid } = job
        const wait = job.attempt === 1 ? random() * 300 : 400 + random() * 2_500
        kills.push(delay(wait).then(() => {
          if (killProcess(pid)) killed.set(`${stage} ${job.target}`, (killed.get(`${stage} ${job.target}`) ?? 0) + 1)
        }))
      }
      await delay(20)
    }
    await Promise.all(kills)
    await jobs.close()
    return killed
  }
})

/** Of each stage: what is stored, and what it says that it came to. */
const hashesOf = (workflow: Workflow) => Object.fromEntries(workflow.queues.filter((q) => isStageType(q.type)).map((q) => [q.type, {
  certificate: q.certificate?.checksum, rows: q.certificate?.rows_stored, complete: q.certificate?.complete, result: q.result?.hash,
}]))
