import { Histogram, type Registry } from 'prom-client'

/** How long requests took, in seconds, by operation and HTTP status. */
export function serverMetrics(registry: Registry): Histogram<'operation' | 'status'> {
  return new Histogram({
    name: 'streamforge_store_server_request_seconds', help: 'From a request to its answer', labelNames: ['operation', 'status'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10], registers: [registry],
  })
}
