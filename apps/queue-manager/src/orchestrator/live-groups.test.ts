import { WorkflowRequest, type StartCommand, type StopCommand } from '@streamforge/contracts'
import { jobName } from '@streamforge/launcher'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testPolicy } from '../queue/queue-fixture.ts'
import { openTestPlatform, type TestPlatform } from './test-platform.ts'

const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT']
const request = WorkflowRequest.parse({ symbols, types: ['ws_trades'], time_range: '2022-08-01:' })

let platform: TestPlatform
beforeEach(async () => { platform = await openTestPlatform() })
afterEach(() => platform.close())

const start = () => platform.start({ maxLiveQueues: 10, liveGroupSize: 10, gatherMs: 100 })
const until = (condition: () => Promise<boolean> | boolean) => expect.poll(condition, { timeout: 10_000, interval: 5 }).toBe(true)
const launch = (symbol: string, attempt: number, target = 'loader-producer') =>
  platform.played.launches.find((l) => l.symbol === symbol && l.target === target && l.attempt === attempt)
const processOf = (job: StartCommand | undefined) => platform.played.processes.find((names) => job && names.includes(jobName(job)))
const error = { code: 'UNAVAILABLE', message: 'away', retryable: true } as const

async function stopsOnTopic(): Promise<StopCommand[]> {
  const { partitions } = await platform.bus.admin.describeTopic('queue-control')
  const pages = await Promise.all(partitions.map(({ partition }) => platform.bus.admin.peek('queue-control', { partition, limit: 1000 })))
  return pages.flat().map(({ value }) => JSON.parse(value.toString()) as StopCommand).filter(({ command }) => command === 'stop')
}

describe('live queues of one workflow', () => {
  it('share a process for their loaders, and one for their connectors', async () => {
    const orchestrator = await start()
    await orchestrator.create(request)
    await until(() => platform.played.launches.length === 6)
    expect(platform.played.processes.map((names) => names.length)).toEqual([3, 3])
    expect(new Set(platform.played.processes.map((names) => names.map((name) => name.split('--')[1]).join()))).toEqual(
      new Set([Array(3).fill('loader-producer').join(), Array(3).fill('arango-connector').join()]))
  })

  it('harm no other by their failure: one that fails goes on alone, and its attempt before is told that it is cancelled', async () => {
    const orchestrator = await start()
    await orchestrator.create(request)
    await until(() => platform.played.launches.length === 6)
    const failing = launch('ETHUSDT', 1)!
    for (const symbol of symbols) await platform.say(launch(symbol, 1)!, { status: 'loading', records_written: 5 })
    await platform.say(failing, { status: 'error', records_written: 5, error })
    await until(() => launch('ETHUSDT', 2) !== undefined)
    expect(await stopsOnTopic()).toMatchObject([{ queue_id: failing.queue_id, target: 'loader-producer', attempt: 1 }])
    expect(platform.played.cancelled).toEqual([jobName(failing)])
    expect(platform.played.launches).toHaveLength(7)
    expect(processOf(launch('ETHUSDT', 2))).toBeUndefined()
    for (const symbol of ['BTCUSDT', 'SOLUSDT']) expect(platform.played.jobs.get(jobName(launch(symbol, 1)!))!.state.status).toBe('running')
  })

  it('come back together when their process has died, and each alone once that has not helped', async () => {
    const orchestrator = await start()
    await orchestrator.create(request)
    await until(() => platform.played.launches.length === 6)
    const killed = { status: 'failed', exitCode: undefined, signal: 'SIGKILL', reason: 'killed by SIGKILL' } as const
    for (const attempt of [1, 2]) {
      await until(() => symbols.every((symbol) => launch(symbol, attempt)))
      expect(processOf(launch('BTCUSDT', attempt))).toEqual(expect.arrayContaining(symbols.map((symbol) => jobName(launch(symbol, attempt)!))))
      for (const symbol of symbols) platform.played.end(launch(symbol, attempt)!, killed)
    }
    await until(() => symbols.every((symbol) => launch(symbol, 3)))
    for (const symbol of symbols) expect(processOf(launch(symbol, 3))).toBeUndefined()
    expect((await stopsOnTopic())).toEqual([])
  })

  it('that are silent are ended with their process, when nobody else needs it any more', async () => {
    const policy = { ...testPolicy, backoffInitialMs: 1, backoffMaxMs: 5, cancelGraceMs: 0, launchTimeoutMs: 500 }
    const orchestrator = await platform.start({ maxLiveQueues: 10, liveGroupSize: 10, gatherMs: 100, policy })
    await orchestrator.create(request)
    await until(() => platform.played.launches.length === 6)
    const first = symbols.map((symbol) => launch(symbol, 1)!)
    await until(() => first.every((job) => platform.played.jobs.get(jobName(job))!.state.status === 'failed'))
    await until(() => symbols.every((symbol) => launch(symbol, 2)))
  })
})
