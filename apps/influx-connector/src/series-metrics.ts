import { createCounter, type ServiceContext } from '@streamforge/service'
import { Gauge } from 'prom-client'

/** What influx-connector counts beside what every service does. */
export function seriesMetrics(registry: ServiceContext<unknown>['metrics']) {
  return {
    expired: createCounter(registry, 'streamforge_series_points_expired_total', 'Points older than series are kept, left out', 'measurement'),
    followed: new Gauge({ name: 'streamforge_series_followed_topics', help: "Queues' topics that are followed now", registers: [registry] }),
  }
}
