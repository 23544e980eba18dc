import { venueNamed, venueUrls } from '@streamforge/market'
import { runWorker } from '@streamforge/service'
import { Config } from './config.ts'
import { loadQueue } from './load-queue.ts'

await runWorker('loader-api', 'loader-producer', Config, async (worker) => {
  const { assignment, bus, config, log, now, random, signal } = worker
  const urls = venueUrls({
    binance: { rest: config.BINANCE_REST_URL, archive: config.BINANCE_ARCHIVE_URL }, coinbase: { rest: config.COINBASE_REST_URL }, yahoo: { rest: config.YAHOO_REST_URL },
  })
  const client = venueNamed(assignment.venue).open({
    urls: urls[assignment.venue] ?? {}, signal, now, random, log,
    concurrency: config.REQUEST_CONCURRENCY, weightLimit: config.VENUE_WEIGHT_LIMIT,
    // Without queue-manager's word: with a number of its own this process is one of a Job's several pods, which leave a cluster by one address.
    sharers: assignment.sharers ?? (assignment.shard_index === undefined ? 1 : assignment.shards.length),
  })
  try {
    return await loadQueue({
      assignment, client, bus, log, now, signal, progress: worker.progress, source: assignment.source ?? 'auto',
      shardIndex: assignment.shard_index, requestConcurrency: config.REQUEST_CONCURRENCY,
    })
  } finally {
    await client.close()
  }
})
