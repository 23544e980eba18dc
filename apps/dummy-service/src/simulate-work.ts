import { createHash } from 'node:crypto'
import { catalog, type DataMessage, errorCodes, type ErrorCode, type MarketRecord, StreamForgeError, type StreamMarker } from '@streamforge/contracts'
import { publishMessages } from '@streamforge/bus'
import { abortableDelay, type WorkerContext, type WorkerResult } from '@streamforge/service'
import { dummyMetrics } from './dummy-metrics.ts'
import type { DummyOptions } from './options.ts'
import { syntheticRecords } from './synthetic-records.ts'

const steps = 10
const blockSize = 1000

/** Loads nothing, in ten steps that look like loading; fails, hangs or goes where the options say so. */
export async function simulateWork(worker: WorkerContext<unknown>, options: DummyOptions): Promise<WorkerResult> {
  if (options.exitCode !== undefined) process.exit(options.exitCode)
  if (options.hang) blockForever()
  if (!options.simulateLoading && options.failAfter === undefined) return waitForStop(worker)
  return simulateLoading(worker, options)
}

async function simulateLoading(worker: WorkerContext<unknown>, options: DummyOptions): Promise<WorkerResult> {
  const { loaded } = dummyMetrics(worker.metrics)
  const records = options.publish ? [...syntheticRecords(worker.assignment, options.records)] : undefined
  const total = records?.length ?? options.records
  let done = 0
  for (let step = 1; step <= steps; step++) {
    if (options.failAfter !== undefined && step > options.failAfter) throw failure(options)
    const end = Math.round(total * step / steps)
    if (records) await publishRecords(worker, records.slice(done, end))
    if (options.rate > 0) await abortableDelay((end - done) / options.rate * 1000, worker.signal)
    worker.signal.throwIfAborted()
    loaded.inc(end - done)
    done = end
    worker.progress({ records_written: done, records_total: total })
  }
  if (records) await publishMarkers(worker, records)
  return { records_written: total, records_total: total, ...(options.result !== undefined && { result: resultOf(options.result) }) }
}

const resultOf = (text: string) => ({ hash: `sha256:${createHash('sha256').update(text).digest('hex')}`, summary: text })

async function publishRecords({ bus, assignment }: WorkerContext<unknown>, records: readonly DataMessage[]): Promise<void> {
  for (let i = 0; i < records.length; i += blockSize) {
    await publishMessages(bus, catalog.data, records.slice(i, i + blockSize), { topic: assignment.kafka_topic, partition: 0 })
  }
}

/** All records are in partition 0; the other partitions get a marker that counts none. */
async function publishMarkers({ bus, assignment }: WorkerContext<unknown>, records: readonly MarketRecord[]): Promise<void> {
  const { kafka_topic: topic, queue_id, attempt, shards } = assignment
  const { partitions } = await bus.admin.describeTopic(topic)
  const ids = records.flatMap((record) => record.kind === 'trade' ? [record.trade_id] : [])
  const ends = ids.length === 0 ? {} : { first_trade_id: ids[0]!, last_trade_id: ids.at(-1)! }
  const count = Math.max(1, shards.length)
  for (let shard = 0; shard < count; shard++) {
    for (const { partition } of partitions) {
      const holdsAll = shard === 0 && partition === 0
      const marker: StreamMarker = {
        kind: 'end_of_stream', queue_id, attempt, shard, shards: count, partition, records: holdsAll ? records.length : 0, ...(shard === 0 && ends),
      }
      await publishMessages(bus, catalog.data, [marker], { topic, partition })
    }
  }
}

function waitForStop({ signal }: WorkerContext<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason as Error)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

/** Nothing of this process runs any more: no timer, no signal handler. Only SIGKILL ends it. */
function blockForever(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

function failure({ errorCode = 'INTERNAL', failAfter }: DummyOptions): StreamForgeError {
  const code = errorCodes.find((known) => known === errorCode)
  if (!code) return new StreamForgeError('BAD_CONFIG', `--error-code '${errorCode}' is not in the table of errors`)
  return new StreamForgeError(code satisfies ErrorCode, `failed after ${failAfter} steps, as told`)
}
