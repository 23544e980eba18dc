import { setTimeout as delay } from 'node:timers/promises'
import { join } from 'node:path'
import { connectBus } from '@streamforge/bus'
import { leasesCollection, StoredLease, Workflow, WorkerEvent, type WorkflowRequestInput } from '@streamforge/contracts'
import { openProcessLauncher } from '@streamforge/launcher'
import { seededRandom } from '@streamforge/market'
import { connectStore, type Store } from '@streamforge/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openManagedPlatform, storeToken, type ManagedPlatform, type RunningProcess } from './managers-to-kill.ts'

const seed = Number(process.env.SEED ?? 20261121)
const leaseMs = 2_000

describe.each(['embedded', 'remote'] as const)(`two queue-managers on one store (%s, SEED=${seed})`, (kind) => {
  let platform: ManagedPlatform
  let store: Store
  let managers: RunningProcess[]
  beforeAll(async () => {
    platform = await openManagedPlatform(kind, { LEASE_MS: String(leaseMs), REQUEST_CONCURRENCY: '1', BACKOFF_INITIAL_MS: '50', BACKOFF_MAX_MS: '200' })
    store = await connectStore(platform.storeUrl === undefined ? { kind: 'embedded', file: join(platform.directory, 'store.db') } : { kind: 'remote', url: platform.storeUrl, token: storeToken })
    managers = [await platform.startManager(), await platform.startManager()]
  }, 60_000)
  afterAll(async () => {
    await store?.close()
    await platform?.close()
  }, 60_000)

  const lease = async () => StoredLease.parse(await store.get(leasesCollection, 'queue-manager'))
  const leaderOf = async (): Promise<RunningProcess> => {
    const { holder } = await lease()
    return managers.find(({ pid }) => pid === holder.pid)!
  }
  const ask = (url: string, path: string, body?: unknown) => fetch(new URL(path, url), body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  /** Milliseconds until another one leads and answers for it. */
  const takenOver = async (epoch: number): Promise<number> => {
    const since = performance.now()
    await expect.poll(async () => (await lease()).epoch, { timeout: 20_000, interval: 20 }).toBeGreaterThan(epoch)
    const next = await leaderOf()
    await expect.poll(async () => /^streamforge_queue_manager_epoch\S* (\d+)$/m.exec(await (await ask(next.url, '/metrics')).text())?.[1], { timeout: 20_000, interval: 100 }).toBe(String(epoch + 1))
    return performance.now() - since
  }

  it('whichever is killed or paused at whatever moment: each attempt is launched once, and the data is whole', { timeout: 180_000 }, async () => {
    const random = seededRandom(seed, 'managers')
    await fetch(`${platform.exchangeUrl}/_simulator/faults`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify([{ kind: 'slow', delay_ms: 250, path: '/api/v3' }]) })
    const { symbols } = await (await fetch(`${platform.exchangeUrl}/api/v3/exchangeInfo`)).json() as { symbols: { symbol: string }[] }
    const { serverTime } = await (await fetch(`${platform.exchangeUrl}/api/v3/time`)).json() as { serverTime: number }
    const to = Math.floor(serverTime / 86_400_000) * 86_400_000
    const request: WorkflowRequestInput = {
      symbols: symbols.slice(0, 4).map(({ symbol }) => symbol), types: ['api_candles_1m'], options: { source: 'rest', max_attempts: 100, shards: 1 }, time_range: `${to - 14 * 86_400_000}:${to}`,
    }
    const standing = managers.find(({ pid }) => pid !== managers[0]!.pid)!
    const refused = await ask(standing.url, '/workflows', request)
    expect([refused.status, refused.headers.get('retry-after'), (await refused.json() as { code: string }).code]).toEqual([503, '1', 'NOT_LEADER'])
    const answer = await ask((await leaderOf()).url, '/workflows', request)
    const { workflow_id: id } = Workflow.parse(await answer.json())
    const workflow = async (url: string) => {
      const text = await (await ask(url, `/workflows/${id}`)).text()
      return Workflow.parse(JSON.parse(text), { error: () => text.slice(0, 500) })
    }

    const jobs = await openProcessLauncher({ directory: join(platform.directory, 'jobs'), programs: {}, env: {} })
    const takeovers: Record<string, number[]> = { SIGKILL: [], SIGSTOP: [] }
    for (const how of ['SIGKILL', 'SIGSTOP', 'SIGKILL', 'SIGSTOP'] as const) {
      await delay(200 + random() * 800)
      // Something is left to be done by whoever comes next.
      const worker = (await jobs.list()).find(({ state, pid }) => state.status === 'running' && pid !== undefined)
      const leader = await leaderOf()
      const { epoch } = await lease()
      leader.signal(how)
      if (worker) process.kill(worker.pid!, 'SIGKILL')
      takeovers[how]!.push(await takenOver(epoch))
      const next = await leaderOf()
      expect((await workflow(next.url)).workflow_id).toBe(id)
      if (how === 'SIGSTOP') {
        leader.signal('SIGCONT')
        expect(await leader.ended).toBe(1)
        expect(leader.lines.some((line) => line.includes('another queue-manager has taken over'))).toBe(true)
      }
      managers = [next, await platform.startManager()]
    }
    await jobs.close()
    await fetch(`${platform.exchangeUrl}/_simulator/faults`, { method: 'DELETE' })
    for (const { url } of managers) await expect.poll(async () => (await workflow(url)).status, { timeout: 90_000, interval: 100 }).toBe('finished')

    const done = await workflow(managers[0]!.url)
    expect(done.queues.map(({ certificate: c }) => [c?.complete, c?.lost, c?.foreign, c?.rows_stored])).toEqual(done.queues.map(() => [true, 0, 0, 14 * 1_440]))
    expect(done.queues.flatMap((queue) => queue.jobs).some(({ attempt }) => attempt > 1)).toBe(true)
    await expectEachStartedOnce(platform.directory, id)
    for (const times of Object.values(takeovers)) for (const ms of times) expect(ms).toBeLessThan(10_000)
    if (process.env.SHOW_FIGURES) process.stdout.write(`${kind}: milliseconds until another leads ${JSON.stringify(takeovers)}\n`)
  })

  it('gives the lead away at once when it is told to stop', { timeout: 60_000 }, async () => {
    const { epoch } = await lease()
    const leader = await leaderOf()
    leader.signal('SIGTERM')
    expect(await leader.ended).toBe(0)
    await expect.poll(async () => (await lease()).epoch, { timeout: leaseMs, interval: 20 }).toBe(epoch + 1)
    expect((await leaderOf()).pid).not.toBe(leader.pid)
  })
})

/** Every launch begins with one event of its worker: two of the same attempt would be two processes. */
async function expectEachStartedOnce(directory: string, workflowId: string): Promise<void> {
  const bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  const { partitions } = await bus.admin.describeTopic('queue-events')
  const started: string[] = []
  for (const { partition } of partitions) {
    for (const { value } of await bus.admin.peek('queue-events', { partition, limit: 10_000, offset: 0n })) {
      const event = WorkerEvent.safeParse(JSON.parse(value.toString()))
      if (event.success && event.data.workflow_id === workflowId && event.data.status === 'started') started.push(`${event.data.queue_id} ${event.data.producer} ${event.data.attempt}`)
    }
  }
  await bus.close()
  expect(started.length).toBeGreaterThanOrEqual(8)
  expect(started.toSorted()).toEqual([...new Set(started)].sort())
}
