import { refusalMetrics, type HttpBudgets } from '@streamforge/guards'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** What the API counts. Routes are patterns, so that their number is bounded; what fits none is `none`. A registry has them once; `budgets` is asked at scrape time. */
export function httpMetrics(registry: Registry, budgets: HttpBudgets = () => []) {
  const registers = [registry]
  const known = (name: string) => registry.getSingleMetric(name)
  const requests = { name: 'streamforge_http_requests_total', help: 'Requests answered', labelNames: ['method', 'route', 'status'] }
  const seconds = { name: 'streamforge_http_request_seconds', help: 'From a request to the end of its answer', labelNames: ['method', 'route'], buckets: [0.005, 0.02, 0.1, 0.5, 1, 2, 10] }
  if (!known(refusalMetrics.budgets.name)) {
    new Gauge({ ...refusalMetrics.budgets, registers, collect() { for (const [budget, used] of budgets()) this.set({ budget }, used) } })
  }
  return {
    refusals: known(refusalMetrics.refusals.name) as Counter | undefined ?? new Counter({ ...refusalMetrics.refusals, registers }),
    requests: known(requests.name) as Counter | undefined ?? new Counter({ ...requests, registers }),
    seconds: known(seconds.name) as Histogram | undefined ?? new Histogram({ ...seconds, registers }),
  }
}
