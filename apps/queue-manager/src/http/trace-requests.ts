import { readTraceparent, traceparentHeader, writeTraceparent } from '@streamforge/contracts'
import { inTrace, type Span, type Tracing } from '@streamforge/service'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/**
 * Every request that asks for work is a span, in the trace that it came with or in a new one, which its answer names: the log lines and all the
 * work that follow from it carry the same id. Requests that only look are none.
 */
export function traceRequests(app: FastifyInstance, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, Span>()
  app.addHook('onRequest', async (request, reply) => {
    if (request.method === 'GET' || request.method === 'HEAD') return
    const route = request.routeOptions.url ?? 'unknown'
    const span = tracing.begin(`${request.method} ${route}`, {
      kind: 'server', parent: readTraceparent(request.headers[traceparentHeader]), attributes: { 'http.request.method': request.method, 'http.route': route },
    })
    spans.set(request, span)
    void reply.header(traceparentHeader, writeTraceparent(span.context))
  })
  // Not before the body is read: what its stream calls runs outside of any trace.
  app.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request)
    if (span) inTrace(span.context, done)
    else done()
  })
  app.addHook('onResponse', async (request, reply) => {
    spans.get(request)?.end(reply.statusCode >= 500 ? new Error(`answered ${reply.statusCode}`) : undefined)
  })
}
