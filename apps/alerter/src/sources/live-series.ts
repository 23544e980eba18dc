import type { Bus } from '@streamforge/bus'
import { catalog, intervalLengths, isStageType, parseDataType, type DataMessage, type DataType, type StoredQueue } from '@streamforge/contracts'
import { monitorSeries, type MonitoredRecord, type SeriesMonitor } from '@streamforge/market'
import type { Logger } from 'pino'
import type { Store } from '@streamforge/store'
import { findOrNone } from './find-or-none.ts'
import { followTopic, type FollowedTopic } from './follow-topic.ts'
import type { Source } from './source.ts'

const minute = 60_000
/** How long a record of these should take; candles take their interval. */
const expectedMs = { trades: minute, orderbook: 10_000 }
/** Enough messages for windows of bars, and few enough to be read at once when following begins. */
const lookBack = 5_000

export interface LiveSeries extends Source {
  /** Whether a queue runs, live or not. */
  isRunning(queueId: string): boolean
}

interface Followed { monitor: SeriesMonitor; topic: FollowedTopic }

/** Every live queue that runs, as a series to watch; queues come and go. */
export function followLiveSeries({ bus, store, log }: { bus: Bus; store: Store; log: Logger }): LiveSeries {
  const followed = new Map<string, Followed>()
  let running = new Set<string>()

  const open = async (queue: StoredQueue & { type: DataType }, now: number) => {
    const monitor = monitorSeries({ venue: queue.venue, symbol: queue.symbol, series: queue.type, ...paceOf(queue.type), steady: true, since: startOf(queue, now) })
    try {
      const topic = await followTopic(bus, catalog.data, { topic: queue.kafka_topic, lookBack }, ({ value, at }) => {
        if (isMonitored(value)) monitor.take(value, at)
      })
      followed.set(queue.queue_id, { monitor, topic })
    } catch (error) {
      // Its topic may not be made yet; the next refresh tries again.
      log.debug({ err: error, topic: queue.kafka_topic }, 'a live series cannot be followed yet')
    }
  }
  const drop = async (queueId: string) => {
    await followed.get(queueId)?.topic.close()
    followed.delete(queueId)
  }

  return {
    everyMs: 2_000,
    isRunning: (queueId) => running.has(queueId),
    async refresh(now) {
      const queues = await findOrNone<StoredQueue>(store, 'queues', { where: { status: 'running' }, limit: 5_000 })
      running = new Set(queues.map(({ queue_id }) => queue_id))
      const live = queues.flatMap((queue) => (isLive(queue) ? [queue] : []))
      for (const [queueId, { topic }] of followed) if (topic.failed || !live.some(({ queue_id }) => queue_id === queueId)) await drop(queueId)
      for (const queue of live) if (!followed.has(queue.queue_id)) await open(queue, now)
    },
    readings: (now) => [...followed.values()].flatMap(({ monitor }) => monitor.readings(now)),
    close: async () => { await Promise.all([...followed.keys()].map(drop)) },
  }
}

/** One that is being stopped sends nothing any more, and is not missed. */
function isLive(queue: StoredQueue): queue is StoredQueue & { type: DataType } {
  return !isStageType(queue.type) && parseDataType(queue.type).source === 'ws' && queue.stop_stage === undefined
}

function paceOf(type: DataType): { expectedMs: number; barMs: number } {
  const parsed = parseDataType(type)
  switch (parsed.content) {
    // A month has no fixed length; 31 days are long enough not to alarm.
    case 'candles': return { expectedMs: intervalLengths[parsed.interval] ?? 31 * 1_440 * minute, barMs: minute }
    case 'trades': return { expectedMs: expectedMs.trades, barMs: minute }
    case 'orderbook': return { expectedMs: expectedMs.orderbook, barMs: minute }
    default: return parsed satisfies never
  }
}

const startOf = ({ jobs }: StoredQueue, now: number) => jobs.find(({ target }) => target === 'loader-producer')?.started_at ?? now

const monitoredKinds = new Set<string>(['candle', 'trade', 'gap', 'book_diff', 'book_snapshot', 'book_ticker', 'book_gap'])
const isMonitored = (message: DataMessage): message is DataMessage & MonitoredRecord => monitoredKinds.has(message.kind)
