import type { FastifyInstance } from 'fastify'
import type { httpMetrics } from './http-metrics.ts'

/** Streams of events end when their reader goes: how long they lasted says nothing, and is left out. */
export function countRequests(app: FastifyInstance, { requests, seconds }: Pick<ReturnType<typeof httpMetrics>, 'requests' | 'seconds'>): void {
  app.addHook('onResponse', async (request, reply) => {
    const labels = { method: request.method, route: request.routeOptions.url ?? 'none' }
    requests.inc({ ...labels, status: String(reply.statusCode) })
    if (!String(reply.getHeader('content-type')).startsWith('text/event-stream')) seconds.observe(labels, reply.elapsedTime / 1000)
  })
}
