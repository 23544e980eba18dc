// Services never call each other; this file is where people act. A page cannot reach queue-manager by itself (it answers no other
// origin), so exactly the operations of its API that are named below are passed on under /api, request and answer untouched: nothing here decides.
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { apiOperations, askLeader, StreamForgeError, type ApiOperation } from '@streamforge/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ServerParts } from '../server.ts'

const passedOn: readonly ApiOperation[] = [
  apiOperations.createWorkflow, apiOperations.listWorkflows, apiOperations.getWorkflow, apiOperations.workflowHealing, apiOperations.followWorkflow,
  apiOperations.stopWorkflow, apiOperations.retryWorkflow, apiOperations.deleteWorkflow, apiOperations.listWorkflowTypes,
  apiOperations.listCoverage, apiOperations.promoteModel, apiOperations.traceForecast,
]
const passedHeaders = ['content-type', 'location', 'cache-control', 'allow', 'retry-after'] as const

export function workflowRoutes(app: FastifyInstance, { managerUrl }: Pick<ServerParts, 'managerUrl'>, fetchFunction: typeof fetch = fetch): void {
  for (const { method, path, needs } of passedOn) {
    app.route({
      config: { needs, passedOn: true },
      method: method.toUpperCase(), url: `/api${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      handler: (request, reply) => passOn(request, reply, managerUrl, fetchFunction),
    })
  }
}

async function passOn(request: FastifyRequest, reply: FastifyReply, managerUrl: string, fetchFunction: typeof fetch): Promise<FastifyReply> {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  const lastEvent = request.headers['last-event-id']
  // Of several queue-managers behind one address the next may be the one that leads.
  const answer = await askLeader(() => fetchFunction(new URL(request.url.slice('/api'.length), managerUrl), {
    method: request.method, signal: gone.signal, redirect: 'error',
    headers: {
      ...(request.body !== undefined && { 'content-type': 'application/json' }),
      // The caller's own: queue-manager decides by it as if it had been asked there.
      ...(request.visitor?.token !== undefined && { authorization: `Bearer ${request.visitor.token}` }),
      ...(typeof lastEvent === 'string' && { 'last-event-id': lastEvent }),
    },
    ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
  })).catch((cause: unknown) => {
    throw new StreamForgeError('UNAVAILABLE', 'queue-manager does not answer: what there is can be seen, not changed', {
      cause, remedy: 'it is starting or has stopped; try again in a moment',
    })
  })
  for (const name of passedHeaders) {
    const value = answer.headers.get(name)
    if (value !== null) void reply.header(name, value)
  }
  void reply.code(answer.status)
  return answer.body ? reply.send(Readable.fromWeb(answer.body as ReadableStream)) : reply.send()
}
