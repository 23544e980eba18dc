import { setTimeout as delay } from 'node:timers/promises'
import { dataTypeOf, parseDataType, parseTimeRange, StreamForgeError, type Assignment, type EpochMs } from '@streamforge/contracts'
import type { Bus } from '@streamforge/bus'
import type { Source, VenueClient, VenueLog } from '@streamforge/market'
import type { WorkerProgress, WorkerResult } from '@streamforge/service'
import { loadCandleShard } from './load-candle-shard.ts'
import { loadTradeShard } from './load-trade-shard.ts'
import { shardPublisher } from './publish-shard.ts'
import { runLimited } from './run-limited.ts'
import type { ShardRun } from './shard-run.ts'
import { checkpointOf, expectedRecords, resumeShards, type ShardState } from './shard-state.ts'

export interface LoadQueueOptions {
  assignment: Assignment
  client: VenueClient
  bus: Pick<Bus, 'publish' | 'admin'>
  progress: (progress: WorkerProgress) => void
  signal: AbortSignal
  /** Milliseconds since the epoch. */
  now: () => EpochMs
  log: VenueLog
  source: Source
  /** Load this shard only. */
  shardIndex?: number | undefined
  /** Requests on their way at most; default 8. */
  requestConcurrency?: number
}

/** A range that ends this soon is waited for: the workflow was made up to "now". */
const LONGEST_WAIT_MS = 60_000
/** Timers may fire a little before the clock has got there. */
const TIMER_SLACK_MS = 10

/**
 * Loads the history of one symbol and type onto its data topic: shards side by side, each from its checkpoint on.
 * @throws StreamForgeError of the venue and the bus; UNKNOWN_TYPE, UNKNOWN_SYMBOL, BAD_TIME_RANGE, TOPIC_NOT_FOUND, BAD_CONFIG
 */
export async function loadQueue(options: LoadQueueOptions): Promise<WorkerResult> {
  const { assignment, bus, client } = options
  const type = parseDataType(assignment.type)
  if (type.source !== 'api' || !client.description.types.includes(dataTypeOf(assignment.type))) {
    throw new StreamForgeError('UNKNOWN_TYPE', `${client.name} has no ${assignment.type} over REST`, { remedy: `it has ${client.description.types.join(', ')}` })
  }
  const range = parseTimeRange(assignment.time_range)
  const states = resumeShards(assignment, range, type, options.shardIndex)
  const [topic, venueNow] = await Promise.all([
    bus.admin.describeTopic(assignment.kafka_topic), venueClock(client, options.now), client.instrument(assignment.symbol),
  ])
  await waitUntil(Math.max(...states.map((s) => s.shard.to)), venueNow, options.signal)

  const totals = progressOf(states, options.progress)
  totals.report()
  await runShards(states, topic.partitions.length, totals, { ...options, venueNow }, (run) =>
    type.content === 'candles' ? loadCandleShard(run, type.interval) : loadTradeShard(run))
  return totals.now()
}

interface Totals {
  now(): WorkerProgress
  report(): void
  addDuplicates(count: number): void
}

function progressOf(states: readonly ShardState[], progress: (progress: WorkerProgress) => void): Totals {
  let duplicates = 0
  const now = (): WorkerProgress => {
    const total = expectedRecords(states)
    const records = states.reduce((sum, state) => sum + state.records, 0)
    return {
      records_written: records, duplicates, checkpoint: checkpointOf(states), message: `${records} records on the topic`,
      ...(total === undefined ? {} : { records_total: total }),
    }
  }
  return { now, report: () => progress(now()), addDuplicates: (count) => { duplicates += count } }
}

async function runShards(
  states: readonly ShardState[], partitions: number, totals: Totals, options: LoadQueueOptions & { venueNow: () => EpochMs },
  load: (run: ShardRun) => Promise<void>,
): Promise<void> {
  const { assignment, bus } = options
  const waiting = states.filter((state) => !state.done)
  // At least two requests on their way for each shard at work, so that the next page is there when one has been published.
  const concurrency = options.requestConcurrency ?? 8
  const sideBySide = Math.max(1, Math.min(waiting.length, Math.floor(concurrency / 2)))
  const failure = new AbortController()
  const signal = AbortSignal.any([options.signal, failure.signal])
  await runLimited(waiting, sideBySide, async (state) => {
    const publisher = shardPublisher({
      bus, assignment, partitions, shard: state.shard.shard, shards: Math.max(1, assignment.shards.length),
    })
    try {
      await load({
        ...options, state, publisher, signal, ahead: Math.max(2, Math.ceil(concurrency / sideBySide)),
        onDuplicates: totals.addDuplicates, onProgress: totals.report,
      })
    } catch (error) {
      // The other shards stop at their next page; what they have published is in the checkpoint.
      failure.abort(error)
      throw error
    }
  })
}

/** The venue's time from now on, without asking again. */
async function venueClock(client: VenueClient, now: () => EpochMs): Promise<() => EpochMs> {
  const offset = await client.serverTime() - now()
  return () => now() + offset
}

async function waitUntil(to: EpochMs, venueNow: () => EpochMs, signal: AbortSignal): Promise<void> {
  const ms = to - venueNow()
  if (ms > 0 && ms <= LONGEST_WAIT_MS) await delay(ms + TIMER_SLACK_MS, undefined, { signal })
}
