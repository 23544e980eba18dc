import type { Dashboard } from '../dashboard.ts'
import { flux, prom, tagValues } from '../queries.ts'

const where = { feed: 'feed' }

export const fetchers: Dashboard = {
  uid: 'streamforge-fetchers', title: 'StreamForge / Fetchers', description: 'Runs of feed-fetcher: how often, how long, what came and what failed',
  uses: ['prometheus', 'influxdb'], from: 'now-24h',
  variables: [{ name: 'feed', label: 'Feed', query: tagValues('feed_runs', 'feed'), multi: true }],
  panels: [
    { title: 'Fetchers by state', type: 'stat', unit: 'short', width: 12, height: 5, targets: [prom('sum by (status) (streamforge_feeds)', '{{status}}')] },
    { title: 'Failures in a row', type: 'stat', unit: 'short', width: 12, height: 5, targets: [prom('max by (feed) (streamforge_feed_failures_in_a_row) > 0', '{{feed}}')] },
    { title: 'Runs a minute', unit: 'short', targets: [prom('sum by (outcome) (rate(streamforge_feed_runs_total[$__rate_interval])) * 60', '{{outcome}}')] },
    { title: 'Length of runs', unit: 's', targets: [
      prom('histogram_quantile(0.5, sum by (le) (rate(streamforge_feed_run_seconds_bucket[$__rate_interval])))', 'p50'),
      prom('histogram_quantile(0.99, sum by (le) (rate(streamforge_feed_run_seconds_bucket[$__rate_interval])))', 'p99'),
    ] },
    { title: 'Length of runs by feed', unit: 'ms', targets: [flux({ measurement: 'feed_runs', fields: ['duration_ms'], where, by: ['feed'], aggregate: 'mean' })] },
    { title: 'Records by feed', unit: 'short', targets: [flux({ measurement: 'feed_runs', fields: ['records'], where, by: ['feed'], aggregate: 'sum' })] },
    { title: 'Records a minute', unit: 'short', targets: [
      prom('sum(rate(streamforge_feed_records_total[$__rate_interval])) * 60', 'new'), prom('sum(rate(streamforge_feed_records_unchanged_total[$__rate_interval])) * 60', 'unchanged'),
      prom('sum(rate(streamforge_feed_records_rejected_total[$__rate_interval])) * 60', 'not readable'),
    ] },
    { title: 'Received', unit: 'Bps', targets: [prom('sum(rate(streamforge_feed_received_bytes_total[$__rate_interval]))', 'bytes')] },
    { title: 'Faults a minute', unit: 'short', stack: true, targets: [prom('sum by (code) (rate(streamforge_feed_faults_total[$__rate_interval])) * 60', '{{code}}')] },
    { title: 'Latency by feed', description: 'Of the slowest request of a run, until its last byte', unit: 'ms', targets: [
      flux({ measurement: 'feed_runs', fields: ['latency_ms'], where, by: ['feed'], aggregate: 'max' }),
    ] },
    { title: 'Silence of feeds', description: 'In intervals of the feed, while its market is open', unit: 'short', targets: [
      prom('topk(10, max by (venue) (streamforge_series_silence_intervals{series="feed_runs"}))', '{{venue}}'),
    ] },
  ],
}
