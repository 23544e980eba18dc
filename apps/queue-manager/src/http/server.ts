import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { apiOperations, openApiDocument, StreamForgeError, type ApiOperation, type ApiOperationId } from '@streamforge/contracts'
import { acceptJson, apiHeaders, fastifyLimits, guardHttp, refusalReason, unreadableRequest, type HttpBudgets, type HttpRates } from '@streamforge/guards'
import { noTracing, type Tracing } from '@streamforge/service'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { refuseChanges } from '../leadership/refuse-changes.ts'
import { eventStreams } from './event-stream.ts'
import { guardAccess } from './guard-access.ts'
import { countRequests } from './count-requests.ts'
import { httpMetrics } from './http-metrics.ts'
import { operationHandlers, type ApiParts } from './operations.ts'
import { problemMediaType, problemOf, toApiError } from './problems.ts'
import { traceRequests } from './trace-requests.ts'
import { checkAnswer, zodValidator } from './validate.ts'

const bodyLimit = 1024 * 1024

export interface ServerOptions extends ApiParts {
  /** Whether this process changes workflows; absent: always. Otherwise it only answers. */
  leads?: () => boolean
  log: Logger
  /** Of the API, for its document. */
  version: string
  /** Absent: requests have traces, but nobody records them. */
  tracing?: Tracing
  /** How often one may ask; undefined: as often as one likes, as in tests of other things. */
  rates?: HttpRates | undefined
  now?: () => number
}

/** The HTTP API: every operation of the contracts, its document at /openapi.json and a page to read and try it at /docs. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { log, version, rates, now = Date.now } = options
  let budgets: HttpBudgets = () => []
  const counted = httpMetrics(options.metrics, () => budgets())
  const countRefusal = (error: StreamForgeError) => {
    const reason = refusalReason(error)
    if (reason !== undefined) counted.refusals.inc({ reason })
  }
  const sendProblem = (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const error = toApiError(thrown)
    countRefusal(error)
    if (error.status >= 500) log.error({ err: error, method: request.method, path: request.url }, 'a request failed')
    return reply.code(error.status).header('content-type', problemMediaType).send(JSON.stringify(problemOf(error, request.url.slice(0, 500))))
  }
  const app = fastify({
    ...fastifyLimits(), bodyLimit, logger: false, forceCloseConnections: true, exposeHeadRoutes: false, genReqId: () => randomUUID(),
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply.headers(apiHeaders)),
    clientErrorHandler: (error, socket) => {
      countRefusal(unreadableRequest(error))
      refuseUnreadable(error, socket)
    },
  })
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler((request, reply) => sendProblem(notFound(request, reply), request, reply))
  budgets = guardHttp(app, { now, rates, headers: apiHeaders, callerOf: ({ caller }) => caller?.id })
  guardAccess(app, { access: options.access, audit: options.audit, now })
  // Before fastify looks for a body: what is not there is told so, with any method.
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) throw notFound(request, reply)
  })
  acceptJson(app)
  traceRequests(app, options.tracing ?? noTracing)
  countRequests(app, counted)
  refuseChanges(app, options.leads ?? (() => true))
  const streams = eventStreams()
  app.addHook('preClose', async () => streams.closeAll())

  const document = openApiDocument(version)
  await app.register(swagger, { mode: 'static', specification: { document: document as never } })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true })
  app.get('/openapi.json', async () => document)

  app.setValidatorCompiler(zodValidator)
  const handlers = operationHandlers(options, streams)
  for (const id of Object.keys(apiOperations) as ApiOperationId[]) addRoute(app, id, apiOperations[id], handlers[id])
  return app
}

function addRoute(app: FastifyInstance, id: ApiOperationId, operation: ApiOperation, handler: ReturnType<typeof operationHandlers>[ApiOperationId]): void {
  const { params, query: querystring, body, answer } = operation
  app.route({
    method: operation.method.toUpperCase(), url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    config: { operation: id, needs: operation.needs },
    schema: { ...(params && { params }), ...(querystring && { querystring }), ...(body && { body }) },
    handler: async (request, reply) => {
      void reply.code(answer.status)
      const value = await handler(request, reply)
      if (reply.sent) return reply
      if (!answer.schema) return reply.send(value)
      // Serialised here: fastify's own serialisers want JSON Schema, and the contracts have checked it already.
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(checkAnswer(answer.schema, value, id)))
    },
  })
}

const routes = Object.values<ApiOperation>(apiOperations).map(({ method, path }) => ({
  method: method.toUpperCase(), pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
}))

/** A known path asked in the wrong way is told the right ones. */
function notFound(request: FastifyRequest, reply: FastifyReply): StreamForgeError {
  const path = request.url.split('?', 1)[0]!
  const methods = [...new Set(routes.filter((r) => r.pattern.test(path)).map((r) => r.method))]
  if (!methods.length) return new StreamForgeError('NOT_FOUND', `there is nothing at ${path.slice(0, 300)}`, { remedy: 'GET /docs lists what there is' })
  if (methods.includes(request.method)) return new StreamForgeError('NOT_FOUND', `there is nothing at ${path.slice(0, 300)}`)
  void reply.header('allow', methods.join(', '))
  return new StreamForgeError('METHOD_NOT_ALLOWED', `${request.method} is not possible here`, { remedy: `possible are ${methods.join(', ')}` })
}

/** What cannot be read as HTTP at all. */
function refuseUnreadable(error: { code?: string }, socket: NodeJS.WritableStream & { destroyed?: boolean }): void {
  if (socket.destroyed || !socket.writable) return
  const problem = problemOf(unreadableRequest(error), '/')
  const body = JSON.stringify(problem)
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\ncontent-type: ${problemMediaType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
}
