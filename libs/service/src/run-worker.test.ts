import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectBus } from '@streamforge/bus'
import { type Assignment, assignmentToEnv, type WorkerEvent } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const assignment: Assignment = {
  queue_id: 'queue-1', target: 'dummy-service', venue: 'binance', symbol: 'BTCUSDT', type: 'api_trades', time_range: '2024-08-01:2024-08-02',
  kafka_topic: 'queue-1-data', collection_name: 'btcusdt', telemetry_id: 'dummy-service__a1b2c3', attempt: 1, shards: [], checkpoint: [],
}

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sf-worker-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Runs a worker whose work is this JavaScript, as a process of its own; resolves with its exit code and last event. */
async function runProcess(work: string): Promise<{ code: number | null; last: WorkerEvent }> {
  const script = `import { runWorker } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))}
    await runWorker('dummy-service', 'dummy-service', {}, async (worker) => { ${work} })`
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script], {
    env: { PATH: process.env.PATH, ...assignmentToEnv(assignment), DATA_DIR: directory, LOG_LEVEL: 'silent' }, stdio: ['ignore', 'ignore', 'inherit'],
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  const bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  const { partitions } = await bus.admin.describeTopic('queue-events')
  const held = partitions.find(({ latest }) => latest > 0n)!
  const messages = await bus.admin.peek('queue-events', { partition: held.partition, limit: 100 })
  await bus.close()
  return { code, last: JSON.parse(messages.at(-1)!.value.toString()) as WorkerEvent }
}

describe('a worker as a process', () => {
  it('ends with 0 after its result is on the bus', async () => {
    expect(await runProcess('return { records_written: 4 }')).toMatchObject({ code: 0, last: { status: 'finished', records_written: 4 } })
  })

  it.each([
    ['a promise that nobody awaited', "void Promise.reject(new Error('lost')); await new Promise(() => undefined)"],
    ['an exception in a callback', "setImmediate(() => { throw new Error('lost') }); await new Promise(() => undefined)"],
  ])('reports %s, and ends with 1', async (_, work) => {
    expect(await runProcess(work)).toMatchObject({ code: 1, last: { status: 'error', error: { code: 'INTERNAL', message: 'lost' } } })
  })

  it('reports its last totals on SIGTERM, and ends with 143', async () => {
    const work = `worker.progress({ records_written: 3 })
      process.kill(process.pid, 'SIGTERM')
      await new Promise((_, reject) => worker.signal.addEventListener('abort', () => reject(worker.signal.reason)))`
    expect(await runProcess(work)).toMatchObject({ code: 143, last: { status: 'loading', records_written: 3, finished: false } })
  })
})
