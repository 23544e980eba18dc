import type { Assignment } from '@streamforge/contracts'
import { liveVenueNamed, venueNamed } from '@streamforge/market'
import { abortableDelay, WorkStopped, type ConfigOf, type WorkerContext, type WorkerResult } from '@streamforge/service'
import type { Config } from './config.ts'
import { liveMetrics } from './live-metrics.ts'
import { runInRealTime } from './real-time.ts'
import type { Opened, Together } from './run-together.ts'

type Worker = WorkerContext<ConfigOf<typeof Config>>

/** The work of one assignment, done together with the others of this process. */
export const liveWorker = (together: Together) => (worker: Worker): Promise<WorkerResult> => {
  const { assignment, bus, log, progress, signal } = worker
  // Somebody else goes on with the queue after a replacement, and perhaps after a termination; only a stop is the end of it.
  const endsWithMarkers = () => signal.reason instanceof WorkStopped && signal.reason.stop.kind === 'stopped'
  return together.join({ assignment, bus, log, progress, signal, endsWithMarkers }, () => openVenue(assignment, worker))
}

/** Once a process. @throws StreamForgeError UNKNOWN_VENUE */
function openVenue({ venue: name }: Assignment, { config, log, now, random, metrics }: Worker): Opened {
  const urls: Record<string, { rest: string | undefined; ws: string | undefined }> = {
    binance: { rest: config.BINANCE_REST_URL, ws: config.BINANCE_WS_URL },
    coinbase: { rest: config.COINBASE_REST_URL, ws: config.COINBASE_WS_URL },
  }
  if (config.LIVE_SCHEDULING === 'realtime') void runInRealTime(log)
  const { rest, ws } = urls[name] ?? { rest: undefined, ws: undefined }
  const venue = liveVenueNamed(name)
  // Not the worker's own signal: a request that it cut off would count as a failure while the lane still has its end to write.
  const closing = new AbortController()
  const client = venueNamed(name).open({ urls: { rest }, signal: closing.signal, now, random, log, weightLimit: config.VENUE_WEIGHT_LIMIT })
  return {
    options: {
      venue, client, log, now, random, feed: { url: ws }, pace: { bookSnapshotMs: config.BOOK_SNAPSHOT_SECONDS * 1000 },
      sleep: async (ms, signal) => {
        await abortableDelay(ms, signal)
        signal.throwIfAborted()
      },
      ...liveMetrics(metrics),
    },
    close() {
      closing.abort()
      return client.close()
    },
  }
}
