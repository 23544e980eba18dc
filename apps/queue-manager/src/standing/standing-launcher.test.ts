import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, connectBus, ensureTopics } from '@streamforge/bus'
import { StandingJob, standingJobsCollection, standingMembersCollection, StreamForgeError, type StartCommand, type WorkerEvent } from '@streamforge/contracts'
import { jobName, type JobInfo, type Launcher } from '@streamforge/launcher'
import { executeStandingWorkers, type StopCause, type StandingDefinition } from '@streamforge/service'
import { connectStore, type Store } from '@streamforge/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { divideLauncher } from './divided-launcher.ts'
import { openStandingLauncher, type StandingLauncher } from './standing-launcher.ts'

const image = 'r/predictor:v1'
const start = (symbol: string, attempt = 1): StartCommand => ({
  command: 'start', image, workflow_id: 'wf-a1b2c3', queue_id: `wf-${symbol}-forecast_5m-20250101-a1b2c3`, target: 'predictor', venue: 'binance', symbol: 'ALL', type: 'forecast_5m',
  time_range: '2025-01-01:2025-01-02', kafka_topic: `wf-${symbol}-data`, collection_name: 'forecasts', telemetry_id: `predictor__${symbol}`, attempt, shards: [], checkpoint: [], timestamp: 1,
})

let directory: string
let bus: Bus
let store: Store
let launcher: StandingLauncher
let exits: JobInfo[]
let members: { stop: (cause: StopCause) => void; done: Promise<void> }[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sf-standing-'))
  bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  await ensureTopics(bus)
  members = []
  exits = []
  launcher = await open()
  launcher.onExit((job) => exits.push(job))
})
afterEach(async () => {
  for (const { stop, done } of members) {
    stop({ kind: 'terminated', signal: 'SIGTERM' })
    await done
  }
  await launcher.close()
  await store.close()
  await bus.close()
  await rm(directory, { recursive: true, force: true })
})

const open = (more: { memberTtlMs?: number; store?: Store } = {}) => openStandingLauncher({
  store, now: () => 1_700_000_000_000, elapsed: () => performance.now(), onFailure: (error) => { throw error as Error }, pollMs: 5, memberTtlMs: 60_000, ...more,
})

/** A standing predictor of this process. */
function stand(work: StandingDefinition<Record<string, never>>['work'], more: { store?: Store } = {}) {
  const stopping = Promise.withResolvers<(cause: StopCause) => void>()
  const done = executeStandingWorkers({ serviceName: 'predictor', target: 'predictor', shape: {}, work }, {
    env: { DATA_DIR: directory, LOG_LEVEL: 'silent', IMAGE_REGISTRY: 'r', IMAGE_VERSION: 'v1', STANDING_POLL_MS: '5' }, bus, store, pace: { loading: 5, heartbeat: 1_000 }, ...more,
    onStop: (stop) => {
      stopping.resolve(stop)
      return () => undefined
    },
  })
  const member = { stop: (cause: StopCause) => void stopping.promise.then((stop) => stop(cause)), done }
  members.push(member)
  return member
}

const untilStopped: Parameters<typeof stand>[0] = async ({ signal }) => {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  return { records_written: 1 }
}
const stands = () => expect.poll(() => launcher.standsFor(image), { interval: 5, timeout: 5_000 }).toBe(true)
const exitOf = async (job: StartCommand) => {
  await expect.poll(() => exits.some(({ name }) => name === jobName(job)), { interval: 5, timeout: 8_000 }).toBe(true)
  return exits.find(({ name }) => name === jobName(job))!.state
}
const state = async (job: StartCommand) => StandingJob.parse(await store.get(standingJobsCollection, jobName(job))).state
const running = (job: StartCommand) => expect.poll(async () => (await state(job)).status, { interval: 5, timeout: 5_000 }).toBe('running')
const eventsOf = async ({ queue_id }: StartCommand) => {
  const { partitions } = await bus.admin.describeTopic('queue-events')
  const pages = await Promise.all(partitions.map(({ partition }) => bus.admin.peek('queue-events', { partition, limit: 1_000 })))
  return pages.flat().map(({ value }) => JSON.parse(value.toString()) as WorkerEvent).filter((event) => event.queue_id === queue_id).map(({ status }) => status)
}

describe('jobs of standing processes', () => {
  it('are worked on side by side, and each tells its own end, by events and to the launcher', async () => {
    const third = Promise.withResolvers<void>()
    stand(async (worker) => {
      if (worker.assignment.queue_id === start('two').queue_id) throw new StreamForgeError('MODEL_CORRUPT', 'not a model')
      await third.promise
      return { records_written: 3 }
    })
    await stands()
    for (const symbol of ['one', 'two', 'three']) await launcher.launch(start(symbol))
    expect(await exitOf(start('two'))).toMatchObject({ status: 'failed', exitCode: 2 })
    third.resolve()
    expect(await exitOf(start('one'))).toEqual({ status: 'succeeded' })
    expect(await exitOf(start('three'))).toEqual({ status: 'succeeded' })
    expect((await eventsOf(start('one'))).at(-1)).toBe('finished')
    expect((await eventsOf(start('two'))).at(-1)).toBe('error')
    // A repeated launch is harmless, and the end is told once.
    expect((await launcher.launch(start('one'))).state.status).toBe('succeeded')
    await launcher.forget(start('one'))
    expect((await launcher.list()).map(({ queue_id }) => queue_id).sort()).toEqual([start('three'), start('two')].map(({ queue_id }) => queue_id))
    expect(exits).toHaveLength(3)
  })

  it('end when they are cancelled, waiting or running, and the others go on', async () => {
    await launcher.launch(start('waiting'))
    await launcher.cancel(start('waiting'))
    expect(await exitOf(start('waiting'))).toMatchObject({ status: 'failed', reason: 'cancelled before it had begun' })
    stand(untilStopped)
    await stands()
    for (const symbol of ['one', 'two']) await launcher.launch(start(symbol))
    for (const symbol of ['one', 'two']) await running(start(symbol))
    await launcher.cancel(start('one'))
    expect(await exitOf(start('one'))).toMatchObject({ status: 'failed', exitCode: 143 })
    expect(await state(start('two'))).toMatchObject({ status: 'running' })
    await launcher.cancel(start('never-launched'))
  })

  it('are not said to have ended when the launcher is closed before; the next one waits for them', async () => {
    const ending = Promise.withResolvers<void>()
    stand(async () => {
      await ending.promise
      return { records_written: 1 }
    })
    await stands()
    await launcher.launch(start('one'))
    await running(start('one'))
    let reads = 0
    const closed = await open({ store: new Proxy(store, { get: (target, name) => {
      if (name === 'get') reads++
      return (target[name as keyof Store] as (...args: unknown[]) => unknown).bind(target)
    } }) })
    const cancelling = closed.cancel(start('one'))
    await expect.poll(async () => StandingJob.parse(await store.get(standingJobsCollection, jobName(start('one')))).cancelled, { interval: 5 }).toBe(true)
    await closed.close()
    const before = reads
    await expect(cancelling).rejects.toMatchObject({ code: 'LAUNCHER_UNAVAILABLE', retryable: true })
    expect(reads - before).toBeLessThan(3)
    const again = launcher.cancel(start('one'))
    ending.resolve()
    await again
    expect((await state(start('one'))).status).toBe('ended')
  })

  it('of a process that is told to stop end like those of one that got SIGTERM, and it leaves', async () => {
    const member = stand(untilStopped)
    await stands()
    await launcher.launch(start('one'))
    await running(start('one'))
    member.stop({ kind: 'terminated', signal: 'SIGTERM' })
    await member.done
    expect(await exitOf(start('one'))).toMatchObject({ status: 'failed', exitCode: 143 })
    expect(await store.find(standingMembersCollection)).toEqual([])
    await expect.poll(() => launcher.standsFor(image), { interval: 5 }).toBe(false)
  })

  it('of a process that falls silent are over; what it says when it wakes counts for nothing', async () => {
    await launcher.close()
    launcher = await open({ memberTtlMs: 100 })
    launcher.onExit((job) => exits.push(job))
    const asleep = { is: false }
    const woken = Promise.withResolvers<void>()
    // As a paused process: none of its calls to the store ends.
    const sleepy = new Proxy(store, { get: (target, name) => {
      const method = target[name as keyof Store]
      if (typeof method !== 'function') return method
      return async (...args: unknown[]) => {
        if (asleep.is) await woken.promise
        return (method as (...given: unknown[]) => unknown).apply(target, args)
      }
    } })
    const finish = Promise.withResolvers<void>()
    stand(async () => {
      await finish.promise
      return { records_written: 1 }
    }, { store: sleepy })
    await stands()
    await launcher.launch(start('one'))
    await running(start('one'))
    asleep.is = true
    expect(await exitOf(start('one'))).toMatchObject({ status: 'failed', exitCode: undefined, reason: expect.stringContaining('is gone') as string })
    finish.resolve()
    woken.resolve()
    asleep.is = false
    await stands()
    expect(await state(start('one'))).toMatchObject({ status: 'ended', reason: expect.stringContaining('is gone') as string })
    expect(exits).toHaveLength(1)
  })

  it('go to whichever process claims first, and only to one', async () => {
    const worked: string[] = []
    for (const name of ['a', 'b', 'c']) stand(async () => {
      worked.push(name)
      await Promise.resolve()
      return { records_written: 1 }
    })
    await stands()
    const jobs = Array.from({ length: 12 }, (_, i) => start(`s${i}`))
    await Promise.all(jobs.map((job) => launcher.launch(job)))
    for (const job of jobs) expect(await exitOf(job)).toEqual({ status: 'succeeded' })
    expect(worked).toHaveLength(12)
  })

  it('that ended while nobody looked are told to the next launcher', async () => {
    await launcher.close()
    stand(() => Promise.resolve({ records_written: 1 }))
    const before = await open()
    await before.launch(start('one'))
    await expect.poll(async () => (await state(start('one'))).status, { interval: 5, timeout: 5_000 }).toBe('ended')
    await before.close()
    launcher = await open()
    launcher.onExit((job) => exits.push(job))
    expect(await exitOf(start('one'))).toEqual({ status: 'succeeded' })
  })
})

describe('a launcher with standing processes', () => {
  const own: string[] = []
  const others = {
    kind: 'embedded', launch: (job: StartCommand) => {
      own.push(jobName(job))
      return Promise.resolve({ name: jobName(job), ...job, startedAt: 0, state: { status: 'running' } })
    }, list: () => Promise.resolve(own.map((name) => ({ name, state: { status: 'running' } }))), onExit: () => () => undefined, close: () => Promise.resolve(),
  } as unknown as Launcher

  it('gives them their app while one lives, and else starts a process for the job, never both', async () => {
    const divided = divideLauncher(launcher, others, (name) => name === image)
    await divided.launch(start('early'))
    expect(own).toEqual([jobName(start('early'))])
    stand(untilStopped)
    await stands()
    await divided.launch(start('early'))
    await divided.launch(start('late'))
    await divided.launch({ ...start('loader'), image: 'r/loader-api:v1' })
    await divided.launch({ ...start('newer'), image: 'r/predictor:v2' })
    expect((await launcher.list()).map(({ name }) => name)).toEqual([jobName(start('late'))])
    expect(own).toEqual([start('early'), start('early'), start('loader'), start('newer')].map(jobName))
    await running(start('late'))
  })
})
