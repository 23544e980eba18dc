import { setTimeout as sleep } from 'node:timers/promises'
import { ensureTopics, type Consumer } from '@streamforge/bus'
import { catalog } from '@streamforge/contracts'
import type { BaseConfig, ServiceContext } from '@streamforge/service'
import { retentionOf, type Config } from './config.ts'
import { followQueues, type QueueFollower } from './follow-queues.ts'
import { pointsOfData, pointsOfFeedRun, pointsOfQuote, pointsOfSentiment } from './points-of.ts'
import { seriesMetrics } from './series-metrics.ts'
import { writeBatches, type WriteOptions } from './write-batches.ts'

const hour = 3_600_000

/** Carries what topics say into the time series until it is stopped. @throws StreamForgeError BAD_CONFIG, STORE_UNAVAILABLE, BUS_UNAVAILABLE */
export async function connectSeries(context: ServiceContext<BaseConfig & Config>): Promise<() => Promise<void>> {
  const { name, config, bus, log, metrics, now, setReady } = context
  setReady('series', false)
  const series = await context.series()
  const retentionMs = retentionOf(config)
  const { expired, followed } = seriesMetrics(metrics)
  const write: WriteOptions = {
    bus, series, service: name, now, retentionMs,
    onExpired: (measurement, points) => expired.inc({ measurement }, points), onWritable: (writable) => setReady('series', writable),
  }
  const consumers = await followFixedTopics(write)
  setReady('series', true)
  const follower = followQueues({
    bus, store: await context.store(), log, consume: (topic, group) => writeBatches(write, catalog.data, { group, topics: [topic] }, pointsOfData),
    onFollowed: (topics) => followed.set(topics),
  })
  const stopping = new AbortController()
  const loops = [
    every(config.SERIES_POLL_MS, () => follower.look(), (err) => log.warn({ err }, 'the queues could not be looked at'), stopping.signal),
    every(hour, () => series.keepFor(retentionMs, now()), (err) => log.warn({ err }, 'old points could not be deleted'), stopping.signal),
  ]
  log.info({ series: series.kind }, 'connected')
  return async () => {
    stopping.abort()
    await Promise.all(loops)
    await closeAll(follower, consumers)
  }
}

async function followFixedTopics(write: WriteOptions): Promise<Consumer[]> {
  await ensureTopics(write.bus)
  const group = 'influx-connector'
  return [
    await writeBatches(write, catalog.quotes, { group: `${group}.quotes` }, pointsOfQuote),
    await writeBatches(write, catalog['news-sentiment'], { group: `${group}.news-sentiment` }, pointsOfSentiment),
    await writeBatches(write, catalog['feed-runs'], { group: `${group}.feed-runs` }, pointsOfFeedRun),
  ]
}

async function closeAll(follower: QueueFollower, consumers: readonly Consumer[]): Promise<void> {
  await Promise.all([follower.close(), ...consumers.map((consumer) => consumer.close())])
}

/** Does it at once and then again and again, never twice at a time; a failure is told, and the next turn comes. */
async function every(ms: number, work: () => Promise<void>, onError: (error: unknown) => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await work().catch(onError)
    await sleep(ms, undefined, { signal }).catch(() => undefined)
  }
}
