import { liveVenueNamed, venueNamed } from '@streamforge/market'
import { abortableDelay, runWorker, WorkStopped } from '@streamforge/service'
import { Config } from './config.ts'
import { liveMetrics } from './live-metrics.ts'
import { runLive } from './run-live.ts'

await runWorker('loader-ws', 'loader-producer', Config, async (worker) => {
  const { assignment, bus, config, log, now, random, signal, progress } = worker
  const urls: Record<string, { rest: string | undefined; ws: string | undefined }> = {
    binance: { rest: config.BINANCE_REST_URL, ws: config.BINANCE_WS_URL },
    coinbase: { rest: config.COINBASE_REST_URL, ws: config.COINBASE_WS_URL },
  }
  const { rest, ws } = urls[assignment.venue] ?? { rest: undefined, ws: undefined }
  const venue = liveVenueNamed(assignment.venue)
  // Not the worker's own signal: a request that it cut off would count as a failure while the lane still has its end to write.
  const closing = new AbortController()
  const client = venueNamed(assignment.venue).open({ urls: { rest }, signal: closing.signal, now, random, log, weightLimit: config.VENUE_WEIGHT_LIMIT })
  // Somebody else goes on with the queue after a replacement, and perhaps after a termination; only a stop is the end of it.
  const endsWithMarkers = () => signal.reason instanceof WorkStopped && signal.reason.stop.kind === 'stopped'
  try {
    const [result] = await runLive([{ assignment, progress, signal, endsWithMarkers }], {
      venue, client, bus, log, now, random, feed: { url: ws }, pace: { bookSnapshotMs: config.BOOK_SNAPSHOT_SECONDS * 1000 },
      sleep: async (ms, until) => {
        await abortableDelay(ms, until)
        until.throwIfAborted()
      },
      ...liveMetrics(worker.metrics),
    })
    if (result!.status === 'rejected') throw result!.reason
    return result!.value
  } finally {
    closing.abort()
    await client.close()
  }
})
