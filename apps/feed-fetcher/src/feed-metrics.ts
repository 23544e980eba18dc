import type { FeedRun, FeedState } from '@streamforge/contracts'
import { createCounter, type ServiceContext } from '@streamforge/service'
import { Gauge, Histogram } from 'prom-client'

export interface FeedMetrics {
  observe(run: FeedRun): void
}

/** Numbers of runs; `feed` is bounded by feed.yaml. */
export function feedMetrics(registry: ServiceContext<unknown>['metrics'], states: () => Iterable<Pick<FeedState, 'status'>>): FeedMetrics {
  const runs = createCounter(registry, 'streamforge_feed_runs_total', 'Runs of a fetcher', 'feed', 'outcome')
  const records = createCounter(registry, 'streamforge_feed_records_total', 'Records published', 'feed')
  const unchanged = createCounter(registry, 'streamforge_feed_records_unchanged_total', 'Records that were known already', 'feed')
  const rejected = createCounter(registry, 'streamforge_feed_records_rejected_total', 'Records that could not be read', 'feed')
  const requests = createCounter(registry, 'streamforge_feed_requests_total', 'Requests sent, retries included', 'feed')
  const bytes = createCounter(registry, 'streamforge_feed_received_bytes_total', 'Bytes of answers, decompressed', 'feed')
  const faults = createCounter(registry, 'streamforge_feed_faults_total', 'What went wrong, also where a retry helped', 'feed', 'code')
  const seconds = new Histogram({
    name: 'streamforge_feed_run_seconds', help: 'A run from its beginning to its end', labelNames: ['parser'], registers: [registry], buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  })
  new Gauge({
    name: 'streamforge_feeds', help: 'Fetchers by what they do now', labelNames: ['status'], registers: [registry],
    collect() {
      this.reset()
      for (const { status } of states()) this.inc({ status })
    },
  })
  return {
    observe(run) {
      const { feed } = run
      runs.inc({ feed, outcome: run.outcome })
      records.inc({ feed }, run.records)
      unchanged.inc({ feed }, run.unchanged)
      rejected.inc({ feed }, run.rejected)
      requests.inc({ feed }, run.requests)
      bytes.inc({ feed }, run.bytes)
      for (const [code, count] of Object.entries(run.faults)) faults.inc({ feed, code }, count)
      seconds.observe({ parser: run.parser }, run.duration_ms / 1_000)
    },
  }
}
