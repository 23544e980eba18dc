import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, connectBus, ensureTopics, publishMessages, tailMessages } from '@streamforge/bus'
import { type Assignment, assignmentToEnv, catalog, type QueueEvent, StreamForgeError } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WorkerContext, WorkerResult } from './context.ts'
import { executeWorker, type WorkerRuntime } from './execute-worker.ts'
import type { StopCause } from './stop-cause.ts'

const assignment: Assignment = {
  workflow_id: 'wf-a1b2c3', queue_id: 'wf-btcusdt-api_trades-20240801-a1b2c3', target: 'loader-producer', venue: 'binance', symbol: 'BTCUSDT',
  type: 'api_trades', time_range: '2024-08-01:2024-08-02', kafka_topic: 'some-data', collection_name: 'btcusdt',
  telemetry_id: 'loader-producer__a1b2c3', attempt: 2, shards: [], checkpoint: [],
}

let directory: string
let bus: Bus
let events: QueueEvent[]
let heard: () => void
let close: () => Promise<void>

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sf-service-'))
  bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  await ensureTopics(bus)
  events = []
  logs.length = 0
  logged = () => undefined
  heard = () => undefined
  const tail = await tailMessages(bus, catalog['queue-events'], { from: 'earliest' }, async ({ messages }) => {
    events.push(...messages.map(({ value }) => value))
    heard()
  })
  close = () => tail.close()
})

afterEach(async () => {
  await close()
  await bus.close()
  await rm(directory, { recursive: true, force: true })
})

/** Resolves once the topic has an event for which `is` holds. */
function hears(is: (event: QueueEvent) => boolean): Promise<QueueEvent> {
  return new Promise((resolve) => {
    heard = () => {
      const found = events.find(is)
      if (found) resolve(found)
    }
    heard()
  })
}

type Work = (worker: WorkerContext<unknown>) => Promise<WorkerResult>
const logs: string[] = []
let logged: () => void

/** Resolves once a line with this message is in the log. */
function logsLine(message: string): Promise<string> {
  return new Promise((resolve) => {
    logged = () => {
      const line = logs.find((text) => text.includes(message))
      if (line) resolve(line)
    }
    logged()
  })
}

function run(work: Work, runtime: Partial<WorkerRuntime> = {}) {
  return executeWorker({ serviceName: 'loader-api', target: 'loader-producer', shape: {}, work }, {
    env: { ...assignmentToEnv(assignment), DATA_DIR: directory, LOG_LEVEL: 'info' },
    bus, pace: { loading: 5, heartbeat: 20 }, logStream: { write: (line) => {
      logs.push(line)
      logged()
    } }, ...runtime,
  })
}

const statuses = () => events.map((event) => event.status)
const untilAborted: Work = ({ signal }) => new Promise((_, reject) => {
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
})
const command = (message: object) =>
  publishMessages(bus, catalog['queue-control'], [{ timestamp: 1, queue_id: assignment.queue_id, ...message } as never])

describe('a worker', () => {
  it('reports that it started, its progress and its result', async () => {
    const outcome = await run(async (worker) => {
      worker.progress({ records_written: 5, checkpoint: [{ shard: 0, position: 6, records: 5, done: false }] })
      await hears((event) => event.status === 'loading')
      return { records_written: 9, duplicates: 1, message: 'all loaded' }
    })
    expect(outcome).toMatchObject({ exitCode: 0, ended: 'finished' })
    await hears((event) => event.status === 'finished')
    expect(statuses()[0]).toBe('started')
    expect(events.find((event) => event.status === 'loading')).toMatchObject({
      queue_id: assignment.queue_id, producer: assignment.telemetry_id, attempt: 2, records_written: 5, finished: false,
      checkpoint: [{ shard: 0, position: 6, records: 5, done: false }],
    })
    expect(events.at(-1)).toMatchObject({ status: 'finished', records_written: 9, duplicates: 1, message: 'all loaded', finished: true })
  })

  it('tells the metrics of a training as they stand, and what a stage came to only at its end', async () => {
    const result = { hash: `sha256:${'a'.repeat(64)}`, summary: '3 epochs', facts: { model_version: 2 } }
    await run(async (worker) => {
      worker.progress({ records_written: 3, metrics: { epoch: 3, loss: 0.25 } })
      await hears((event) => event.status === 'loading')
      return { records_written: 3, result }
    })
    await hears((event) => event.status === 'finished')
    expect(events.find((event) => event.status === 'loading')).toMatchObject({ metrics: { epoch: 3, loss: 0.25 } })
    expect(events.at(-1)).toMatchObject({ metrics: { epoch: 3, loss: 0.25 }, result })
    expect(events.filter((event) => 'result' in event)).toHaveLength(1)
  })

  it('coalesces progress and loses no last total', async () => {
    await run(async (worker) => {
      for (let records = 1; records <= 1000; records++) worker.progress({ records_written: records })
      await hears((event) => event.status === 'loading' && event.records_written === 1000)
      return { records_written: 1000 }
    })
    expect(statuses().filter((status) => status === 'loading').length).toBeLessThan(10)
  })

  it('repeats its totals as a heartbeat while nothing changes', async () => {
    await run(async (worker) => {
      worker.progress({ records_written: 7 })
      await hears((event) => event.status === 'heartbeat')
      return { records_written: 7 }
    })
    expect(events.find((event) => event.status === 'heartbeat')).toMatchObject({ records_written: 7, finished: false })
  })

  it('starts from the counts of the checkpoint it goes on from', async () => {
    const checkpoint = [{ shard: 0, position: 6, records: 5, done: false }, { shard: 1, position: 9, records: 4, done: true }]
    await run(async () => ({ records_written: 9 }), { env: { ...assignmentToEnv({ ...assignment, checkpoint }), DATA_DIR: directory } })
    expect(await hears((event) => event.status === 'started')).toMatchObject({ records_written: 9, checkpoint })
  })

  it.each([
    [new StreamForgeError('VENUE_UNREACHABLE', 'no answer', { remedy: 'wait' }), 1, { code: 'VENUE_UNREACHABLE', remedy: 'wait', retryable: true }],
    [new StreamForgeError('UNKNOWN_SYMBOL', 'no such symbol'), 2, { code: 'UNKNOWN_SYMBOL', retryable: false }],
    [new TypeError('a bug'), 1, { code: 'INTERNAL', message: 'a bug', retryable: true }],
  ])('reports the error it fails with: %s', async (error, exitCode, expected) => {
    const outcome = await run(() => Promise.reject(error))
    expect(outcome).toMatchObject({ exitCode, ended: 'failed' })
    expect(await hears((event) => event.status === 'error')).toMatchObject({ error: expected, finished: false })
  })

  it('does not fail for progress that cannot be reported', async () => {
    const outcome = await run(async (worker) => {
      worker.progress({ records_written: 1.5 })
      return { records_written: 2 }
    })
    expect(outcome.exitCode).toBe(0)
    expect(logs.some((line) => line.includes('progress could not be reported'))).toBe(true)
  })

  it('names in the log who it is', async () => {
    await run(async () => ({ records_written: 0 }))
    expect(JSON.parse(logs[0]!)).toMatchObject({ service: 'loader-api', workflow_id: 'wf-a1b2c3', queue_id: assignment.queue_id, attempt: 2 })
  })

  it('serves health, readiness and metrics while it works', async () => {
    await run(async (worker) => {
      const { port } = JSON.parse(await logsLine('health server listening')) as { port: number }
      await logsLine('listening to commands')
      const get = async (path: string) => {
        const response = await fetch(`http://127.0.0.1:${port}${path}`)
        return { status: response.status, text: await response.text() }
      }
      expect(await get('/healthz')).toMatchObject({ status: 200 })
      expect(await get('/readyz')).toMatchObject({ status: 200 })
      worker.setReady('warm', false)
      expect(await get('/readyz')).toEqual({ status: 503, text: '{"status":"not ready","failing":["warm"]}' })
      const metrics = await get('/metrics')
      expect(metrics.text).toContain('process_cpu_seconds_total')
      expect(metrics.text).toMatch(/streamforge_bus_messages_published_total\{[^}]*topic="queue-events"[^}]*\} [1-9]/)
      expect(await get('/else')).toMatchObject({ status: 404 })
      return { records_written: 0 }
    })
    expect.assertions(6)
  })
})

describe('a worker that is told to stop', () => {
  const start = { ...assignment, command: 'start', image: 'x/loader-api:1' }

  it('stops on a stop of its queue, and says so', async () => {
    const running = run(untilAborted)
    await hears((event) => event.status === 'started')
    await command(start)
    await command({ command: 'stop', reason: 'enough' })
    expect(await running).toMatchObject({ exitCode: 0, ended: 'stopped' })
    expect(await hears((event) => event.status === 'stopped')).toMatchObject({ message: 'stopped: enough' })
  })

  it('hears a stop that came while it was starting', async () => {
    await command(start)
    await command({ command: 'stop' })
    expect(await run(untilAborted)).toMatchObject({ exitCode: 0, ended: 'stopped' })
  })

  it('gives way to a later attempt without a word', async () => {
    const running = run(untilAborted)
    await hears((event) => event.status === 'started')
    await command({ ...start, attempt: 3 })
    expect(await running).toMatchObject({ exitCode: 0, ended: 'replaced' })
    await bus.publish('queue-events', [{ key: assignment.queue_id, value: JSON.stringify({
      status: 'pong', ping_id: 'last', producer: 'x', service: 'x', message: '', timestamp: 1 }) }])
    await hears((event) => event.status === 'pong')
    expect(statuses().filter((status) => status !== 'heartbeat' && status !== 'pong')).toEqual(['started'])
  })

  it('answers a ping', async () => {
    let finish: (result: WorkerResult) => void = () => undefined
    const running = run(() => new Promise((resolve) => { finish = resolve }))
    await logsLine('listening to commands')
    await command({ command: 'ping', ping_id: 'p-1' })
    expect(await hears((event) => event.status === 'pong')).toMatchObject({
      ping_id: 'p-1', producer: assignment.telemetry_id, service: 'loader-api', queue_id: assignment.queue_id,
    })
    finish({ records_written: 0 })
    await running
  })

  it('reports its last checkpoint when it is terminated', async () => {
    const checkpoint = [{ shard: 0, position: 3, records: 3, done: false }]
    let stop: (cause: StopCause) => void = () => undefined
    const running = run(async (worker) => {
      await untilAborted(worker).catch(() => undefined)
      worker.progress({ records_written: 3, checkpoint })
      return { records_written: 3 }
    }, { onStop: (given) => {
      stop = given
      return () => undefined
    } })
    await hears((event) => event.status === 'started')
    stop({ kind: 'terminated', signal: 'SIGTERM' })
    expect(await running).toMatchObject({ exitCode: 143, ended: 'terminated' })
    await hears((event) => event.status === 'loading' && event.message === 'terminated by SIGTERM')
    expect(events.at(-1)).toMatchObject({ status: 'loading', records_written: 3, checkpoint, finished: false })
  })

  it('reports a crash outside of its work, and does not wait for the work', async () => {
    let stop: (cause: StopCause) => void = () => undefined
    const running = run(() => new Promise(() => undefined), { onStop: (given) => {
      stop = given
      return () => undefined
    } })
    await hears((event) => event.status === 'started')
    stop({ kind: 'crashed', error: new Error('nobody awaited this') })
    expect(await running).toMatchObject({ exitCode: 1, ended: 'crashed' })
    expect(await hears((event) => event.status === 'error')).toMatchObject({ error: { code: 'INTERNAL', message: 'nobody awaited this' } })
  })

  it('does not wait for work that does not end', async () => {
    let stop: (cause: StopCause) => void = () => undefined
    const running = run(() => new Promise(() => undefined), { drainMs: 1, onStop: (given) => {
      stop = given
      return () => undefined
    } })
    await hears((event) => event.status === 'started')
    stop({ kind: 'terminated', signal: 'SIGINT' })
    expect(await running).toMatchObject({ exitCode: 143 })
  })
})

describe('a worker that cannot start', () => {
  it.each([
    ['a variable that is wrong', { BUS: 'rabbit' }, 'BUS'],
    ['an assignment that is not complete', { SYMBOL: '' }, 'SYMBOL is missing'],
  ])('ends with 78 for %s', async (_, env, message) => {
    const outcome = await run(untilAborted, { env: { ...assignmentToEnv(assignment), DATA_DIR: directory, ...env } })
    expect(outcome).toMatchObject({ exitCode: 78, ended: 'failed', error: { code: 'BAD_CONFIG' } })
    expect(outcome.error!.message).toContain(message)
  })

  it('ends with 1 when its last event does not reach the bus', async () => {
    const deaf = new Proxy(bus, { get: (target, name) => name === 'publish'
      ? () => Promise.reject(new StreamForgeError('BUS_UNAVAILABLE', 'away'))
      : (target as unknown as Record<PropertyKey, unknown>)[name] })
    expect(await run(async () => ({ records_written: 1 }), { bus: deaf, flushMs: 30 })).toMatchObject({ exitCode: 1, ended: 'finished' })
  })
})
