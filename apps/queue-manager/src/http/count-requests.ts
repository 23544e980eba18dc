import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import { httpMetrics } from './http-metrics.ts'

/** Streams of events end when their reader goes: how long they lasted says nothing, and is left out. */
export function countRequests(app: FastifyInstance, registry: Registry): void {
  const { requests, seconds } = httpMetrics(registry)
  app.addHook('onResponse', async (request, reply) => {
    const labels = { method: request.method, route: request.routeOptions.url ?? 'none' }
    requests.inc({ ...labels, status: String(reply.statusCode) })
    if (!String(reply.getHeader('content-type')).startsWith('text/event-stream')) seconds.observe(labels, reply.elapsedTime / 1000)
  })
}
