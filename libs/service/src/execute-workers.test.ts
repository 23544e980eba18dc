import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, connectBus, ensureTopics, publishMessages } from '@streamforge/bus'
import { type Assignment, catalog, type ControlMessage, StreamForgeError, type WorkerEvent } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WorkerContext, WorkerResult } from './context.ts'
import { executeWorkers, sharedExitCode } from './execute-workers.ts'
import type { StopCause } from './stop-cause.ts'

type Worker = WorkerContext<unknown>

const assignment = (symbol: string): Assignment => ({
  queue_id: `queue-${symbol.toLowerCase()}`, target: 'loader-producer', venue: 'binance', symbol, type: 'ws_trades', time_range: '2024-08-01:',
  kafka_topic: `t-${symbol}`, collection_name: 'x', telemetry_id: `loader-producer__${symbol.toLowerCase()}`, attempt: 2, shards: [], checkpoint: [],
})

let directory: string
let bus: Bus
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sf-workers-'))
  bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  await ensureTopics(bus)
})
afterEach(async () => {
  await bus.close()
  await rm(directory, { recursive: true, force: true })
})

/** A worker of each symbol in one group; `began` resolves with them once all work. */
function begin(symbols: readonly string[], work: (worker: Worker) => Promise<WorkerResult>) {
  const workers = new Map<string, Worker>()
  const began = Promise.withResolvers<Map<string, Worker>>()
  const absent: number[] = []
  let stopAll!: (cause: StopCause) => void
  const outcomes = executeWorkers({
    serviceName: 'loader-ws', target: 'loader-producer', shape: {},
    share: (count) => ({
      work(worker) {
        workers.set(worker.assignment.symbol, worker)
        if (workers.size === count) began.resolve(workers)
        return work(worker)
      },
      onAbsent: () => absent.push(count),
    }),
  }, {
    env: { ASSIGNMENTS: JSON.stringify(symbols.map(assignment)), DATA_DIR: directory, LOG_LEVEL: 'silent' }, pace: { loading: 5, heartbeat: 1000 },
    onStop: (stop) => {
      stopAll = stop
      return () => undefined
    },
  })
  return { outcomes, began: began.promise, absent, stopAll: (cause: StopCause) => stopAll(cause) }
}

const untilStopped = async (worker: Worker): Promise<WorkerResult> => {
  if (!worker.signal.aborted) await new Promise((resolve) => worker.signal.addEventListener('abort', resolve, { once: true }))
  return { records_written: 1 }
}
const command = (message: ControlMessage) => publishMessages(bus, catalog['queue-control'], [message])
/** Behind its own start, so that a worker that does not listen yet hears of it too. */
async function stop(symbol: string) {
  await command({ command: 'start', ...assignment(symbol), image: 'i', timestamp: 1 })
  await command({ command: 'stop', queue_id: assignment(symbol).queue_id, timestamp: 1 })
}
const terminated: StopCause = { kind: 'terminated', signal: 'SIGTERM' }

async function eventsOf(symbol: string): Promise<WorkerEvent[]> {
  const { partitions } = await bus.admin.describeTopic('queue-events')
  const pages = await Promise.all(partitions.map(({ partition }) => bus.admin.peek('queue-events', { partition, limit: 1000 })))
  return pages.flat().map(({ value }) => JSON.parse(value.toString()) as WorkerEvent).filter((event) => event.symbol === symbol)
}

describe('workers of one process', () => {
  it('share bus, metrics and store, and end each on its own: one fails, one is stopped, the third goes on', async () => {
    const failing = Promise.withResolvers<never>()
    const group = begin(['BTCUSDT', 'ETHUSDT', 'SOLUSDT'], (worker) => (worker.assignment.symbol === 'BTCUSDT' ? failing.promise : untilStopped(worker)))
    const workers = await group.began
    expect(new Set([...workers.values()].map(({ metrics }) => metrics)).size).toBe(1)
    expect(new Set(await Promise.all([...workers.values()].map(({ store }) => store()))).size).toBe(1)
    failing.reject(new StreamForgeError('VENUE_REJECTED', 'no such stream'))
    await stop('ETHUSDT')
    await expect.poll(async () => (await eventsOf('ETHUSDT')).at(-1)?.status, { timeout: 10_000 }).toBe('stopped')
    await expect.poll(async () => (await eventsOf('BTCUSDT')).at(-1), { timeout: 10_000 }).toMatchObject({ status: 'error', error: { code: 'VENUE_REJECTED' } })
    expect(workers.get('SOLUSDT')!.signal.aborted).toBe(false)
    group.stopAll(terminated)
    expect((await group.outcomes).map(({ ended }) => ended)).toEqual(['failed', 'stopped', 'terminated'])
    expect(group.absent).toEqual([])
  })

  it('end what one began on the shared bus when that one ends', async () => {
    await bus.admin.createTopic({ name: 't-shared', partitions: 1 })
    const heard: string[] = []
    const group = begin(['BTCUSDT', 'ETHUSDT'], async (worker) => {
      await worker.bus.tail({ topics: ['t-shared'], from: 'earliest' }, async () => void heard.push(worker.assignment.symbol))
      return untilStopped(worker)
    })
    const workers = await group.began
    await stop('BTCUSDT')
    await expect.poll(async () => (await eventsOf('BTCUSDT')).at(-1)?.status, { timeout: 10_000 }).toBe('stopped')
    // Its last event is out before its bus is closed.
    await expect.poll(() => workers.get('BTCUSDT')!.bus.publish('t-shared', []).then(() => 'open', (error: StreamForgeError) => error.code), { timeout: 10_000 }).toBe('BUS_CLOSED')
    await workers.get('ETHUSDT')!.bus.publish('t-shared', [{ key: 'k', value: 'v' }])
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual(['ETHUSDT'])
    group.stopAll(terminated)
    await group.outcomes
  })

  it('end without a word when they are cancelled, and leave the others', async () => {
    const group = begin(['BTCUSDT', 'ETHUSDT'], untilStopped)
    const workers = await group.began
    await command({ command: 'stop', queue_id: 'queue-btcusdt', attempt: 2, timestamp: 1 })
    await expect.poll(() => workers.get('BTCUSDT')!.bus.publish('t', []).then(() => '', (error: StreamForgeError) => error.code), { timeout: 10_000 }).toBe('BUS_CLOSED')
    expect((await eventsOf('BTCUSDT')).map(({ status }) => status)).not.toContain('stopped')
    expect(workers.get('ETHUSDT')!.signal.aborted).toBe(false)
    group.stopAll(terminated)
    expect((await group.outcomes).map(({ ended }) => ended)).toEqual(['cancelled', 'terminated'])
  })

  it('are all told of a crash, which nobody can attribute', async () => {
    const group = begin(['BTCUSDT', 'ETHUSDT'], untilStopped)
    await group.began
    group.stopAll({ kind: 'crashed', error: new Error('lost') })
    expect((await group.outcomes).map(({ ended }) => ended)).toEqual(['crashed', 'crashed'])
    expect((await eventsOf('ETHUSDT')).at(-1)).toMatchObject({ status: 'error', error: { message: 'lost' } })
  })
})

describe('the exit code of several', () => {
  it.each([
    ['all is done', [0, 0], 0], ['one failed', [0, 1, 0], 1], ['all were terminated', [143, 143], 143], ['one has a wrong environment', [0, 78], 1],
    ['all have', [78, 78], 78],
  ])('where %s', (_what, codes, expected) => {
    expect(sharedExitCode(codes)).toBe(expected)
  })
})
