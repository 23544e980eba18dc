import { dataTypeOf, parseDataType, StreamForgeError, type Assignment } from '@streamforge/contracts'
import type { Bus } from '@streamforge/bus'
import { openLiveFeed, type FeedCounts, type LiveEvent, type LiveFeed, type LiveFeedOptions, type LiveVenue, type VenueClient, type VenueLog } from '@streamforge/market'
import type { WorkerProgress, WorkerResult } from '@streamforge/service'
import { BookLane } from './book-lane.ts'
import type { Lane, LaneOptions, LanePace } from './lane.ts'
import { newestDiff, startingCheckpoint } from './read-back.ts'
import { candleSeries, tradeSeries } from './series.ts'
import { SeriesLane } from './series-lane.ts'

/** An assignment, and where its news goes. */
export interface LiveTask {
  assignment: Assignment
  progress: (progress: WorkerProgress) => void
  bus: Pick<Bus, 'publish' | 'admin'>
  log: VenueLog
  /** Aborts when this assignment is to stop. */
  signal: AbortSignal
  /** Whether the end-of-stream markers are written after `signal` aborted. Not when somebody else goes on with the queue. */
  endsWithMarkers: () => boolean
}

export interface RunLiveOptions {
  venue: LiveVenue
  client: VenueClient
  /** For what concerns connections, not one task. */
  log: VenueLog
  now: () => number
  random: () => number
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
  feed?: Omit<LiveFeedOptions, 'venue' | 'streams'>
  pace?: Partial<LanePace>
  onDelay?: (ms: number) => void
  onCounts?: (counts: FeedCounts) => void
}

export interface LiveRun {
  /** One for each task, in their order: settled as soon as that task has ended. */
  results: readonly Promise<WorkerResult>[]
  /** Resolves when all have ended and nothing is connected any more. */
  closed: Promise<void>
}

/**
 * Runs live assignments of one venue side by side in one process: their streams share connections. Each ends on its own, by its signal, its
 * range or its failure, and harms no other.
 */
export function runLive(tasks: readonly LiveTask[], options: RunLiveOptions): LiveRun {
  const lanes = tasks.map((task) => openLane(task, options))
  const started = startFeed(lanes, options)
  const results = lanes.map(async (opening, i) => {
    const lane = await opening
    const { feed, routes } = await started
    return runLane(lane, tasks[i]!, feed, routes)
  })
  const closed = Promise.allSettled(results).then(async () => {
    const { feed, pumped } = await started
    feed.close()
    await pumped
  })
  return { results, closed }
}

/** Connects when every lane is open or has failed to. */
async function startFeed(opening: readonly Promise<Lane>[], options: RunLiveOptions): Promise<{ feed: LiveFeed; routes: Routes; pumped: Promise<void> }> {
  const lanes = (await Promise.allSettled(opening)).flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const routes = routesOf(lanes, options.venue)
  const feed = openLiveFeed({ ...options.feed, venue: options.venue, streams: [...routes.keys()], now: options.now, random: options.random })
  options.onCounts?.(feed.counts)
  const pumped = pump(feed, routes, options).catch((error: unknown) => { for (const lane of lanes) lane.fail(error) })
  return { feed, routes, pumped }
}

/** @throws StreamForgeError UNKNOWN_TYPE, UNKNOWN_SYMBOL, BAD_TIME_RANGE, TOPIC_NOT_FOUND, VENUE_* */
async function openLane({ assignment: given, progress, bus, log }: LiveTask, options: RunLiveOptions): Promise<Lane> {
  const { venue, client } = options
  const assignment = { ...given }
  const type = parseDataType(assignment.type)
  if (type.source !== 'ws' || !venue.types.includes(dataTypeOf(assignment.type))) {
    throw new StreamForgeError('UNKNOWN_TYPE', `${venue.name} has no ${assignment.type} over WebSocket`, { remedy: `it has ${venue.types.join(', ')}` })
  }
  const [topic] = await Promise.all([bus.admin.describeTopic(assignment.kafka_topic), client.instrument(assignment.symbol)])
  assignment.checkpoint = await startingCheckpoint(bus, assignment)
  const { now, random, sleep, onDelay, pace } = options
  const laneOptions: LaneOptions = {
    assignment, client, bus, progress, log, now, random, sleep, partitions: topic.partitions.length, ...(onDelay && { onDelay }), ...(pace && { pace }),
  }
  switch (type.content) {
    case 'trades': return new SeriesLane(laneOptions, tradeSeries(client, assignment.symbol))
    case 'candles': return new SeriesLane(laneOptions, candleSeries(client, assignment.symbol, type.interval))
    case 'orderbook': return new BookLane(laneOptions, await newestDiff(bus, assignment.kafka_topic))
    default: return type satisfies never
  }
}

type Routes = Map<string, Lane[]>

function routesOf(lanes: readonly Lane[], venue: LiveVenue): Routes {
  const routes: Routes = new Map()
  for (const lane of lanes) {
    for (const stream of venue.streams(lane.assignment.symbol, dataTypeOf(lane.assignment.type))) routes.set(stream, [...routes.get(stream) ?? [], lane])
  }
  return routes
}

/** Waits for the end of one lane, and leaves its streams when nobody else wants them. */
async function runLane(lane: Lane, task: LiveTask, feed: LiveFeed, routes: Routes): Promise<WorkerResult> {
  const stopped = new Promise<'stopped'>((resolve) => {
    if (task.signal.aborted) resolve('stopped')
    else task.signal.addEventListener('abort', () => resolve('stopped'), { once: true })
  })
  const how = await Promise.race([stopped, lane.ended.then(() => 'ended' as const, () => 'failed' as const)])
  const result = lane.finish(how === 'ended' || (how === 'stopped' && task.endsWithMarkers()))
  for (const [stream, lanes] of routes) {
    const others = lanes.filter((other) => other !== lane)
    if (others.length === lanes.length) continue
    routes.set(stream, others)
    if (others.length === 0) feed.unsubscribe([stream])
  }
  return result
}

/** Hands events to lanes. While a lane's topic is behind it takes nothing, which makes the sockets wait. */
async function pump(feed: LiveFeed, routes: Routes, { log, now }: RunLiveOptions): Promise<void> {
  let loggedAt = -Infinity
  for await (const events of feed) {
    for (const event of events) {
      // A flood of garbage must not become one of logs; every frame of it is counted.
      if (event.type === 'bad_frame' && now() - loggedAt >= 1000) {
        loggedAt = now()
        log.warn({ code: event.error.code, reason: event.error.message, bad_frames: feed.counts.badFrames }, 'a frame could not be read')
      }
      if (event.type !== 'frame') tell(event, routes)
      else if ('stream' in event.frame) {
        for (const lane of routes.get(event.frame.stream) ?? []) {
          lane.accept(event.frame)
          const room = lane.waitForRoom()
          if (room) await room
        }
      }
    }
  }
}

/** What concerns connections: told once to each lane of the streams. */
function tell(event: Exclude<LiveEvent, { type: 'frame' }>, routes: Routes): void {
  const lanes = new Set((event.type === 'refused' ? [event.stream] : event.streams).flatMap((stream) => routes.get(stream) ?? []))
  for (const lane of lanes) {
    switch (event.type) {
      case 'connected': lane.connected(event.renewed); break
      case 'disconnected': lane.disconnected(event.reason); break
      case 'bad_frame': lane.badFrame(event.error); break
      case 'refused': lane.fail(event.error); break
      default: event satisfies never
    }
  }
}
