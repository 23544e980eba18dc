import type { CoverageCertificate, StoredQueue, Target, WorkerEvent } from '@streamforge/contracts'
import type { AdvanceContext, QueuePolicy } from './queue-input.ts'

/** What the tests of queues share: a planned queue, the events that workers send about it, and a policy. */
export const testPolicy: QueuePolicy = {
  backoffInitialMs: 1_000, backoffMaxMs: 60_000, silenceMs: 15_000, launchTimeoutMs: 60_000, cancelGraceMs: 10_000, loaderStopMs: 30_000, connectorStopMs: 600_000,
  imageFor: (target, type) => (target === 'loader-producer' ? `registry.example/streamforge/loader-${type.split('_')[0]}:v1` : `registry.example/streamforge/${target}:v1`),
}

export const testContext = (now: number, random = () => 0): AdvanceContext => ({ now, random, policy: testPolicy })

export function plannedQueue(more: Partial<StoredQueue> = {}): StoredQueue {
  const queue = 'wf-btcusdt-api_candles_5m-20220801-a1b2c3'
  const job = (target: Target): StoredQueue['jobs'][number] => ({
    target, telemetry_id: `${target}__a1b2c3`, status: 'pending', attempt: 0, attempts_without_progress: 0, records_written: 0,
    duplicates: 0, dead_lettered: 0, checkpoint: [], message: 'waiting for its turn',
  })
  return {
    _key: queue, version: 1, queue_id: queue, workflow_id: 'wf-a1b2c3', venue: 'binance', symbol: 'BTCUSDT', type: 'api_candles_5m',
    time_range: '2022-08-01:2022-08-02', from: 1_659_312_000_000, to: 1_659_398_400_000, kafka_topic: `${queue}-data`,
    collection_name: 'btcusdt_api_candles_5m_2022_08_01', shards: [{ shard: 0, from: 1_659_312_000_000, to: 1_659_398_400_000 }],
    records_total: 288, status: 'pending', jobs: [job('loader-producer'), job('arango-connector')], topic_deleted: false,
    position: '0', max_attempts: 3, source: 'auto', outbox: [], has_outbox: false, next_command: 0, ...more,
  }
}

export function workerEvent(queue: StoredQueue, target: Target, more: Partial<WorkerEvent> = {}): WorkerEvent {
  return {
    queue_id: queue.queue_id, workflow_id: queue.workflow_id, producer: `${target}__a1b2c3`, attempt: 1, symbol: queue.symbol, type: queue.type,
    status: 'loading', message: 'working', records_written: 0, finished: false, timestamp: 1_722_500_000, ...more,
  }
}

export function certificate(queue: StoredQueue, more: Partial<CoverageCertificate> = {}): CoverageCertificate {
  return {
    queue_id: queue.queue_id, workflow_id: queue.workflow_id, venue: queue.venue, symbol: queue.symbol, type: queue.type,
    collection_name: queue.collection_name, time_range: queue.time_range, from: queue.from, to: queue.to ?? queue.from, unit: 'candles',
    rows_expected: 288, rows_stored: 288, missing_at_source: 0, lost: 0, foreign: 0, duplicates_refused: 0, dead_lettered: 0, holes: [],
    hole_count: 0, checksum: `sha256:${'0'.repeat(64)}`, complete: true, certified_at: 1_722_500_000_000, ...more,
  }
}
