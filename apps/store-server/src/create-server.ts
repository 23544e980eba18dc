import { documentLinesType, storeOperations, StreamForgeError, type StoreOperationName } from '@streamforge/contracts'
import { apiHeaders, fastifyLimits, guardHttp, requireFlatJson, serverLimits } from '@streamforge/guards'
import type { ServedStore } from '@streamforge/store'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { operationHandlers } from './operation-handlers.ts'
import { problemMediaType, problemOf, toApiError } from './problems.ts'
import { serverMetrics } from './server-metrics.ts'
import { tokenCheck } from './token-check.ts'

export interface ServerOptions {
  store: ServedStore
  token: string
  log: Logger
  metrics: Registry
}

const bodyLimit = 64 * 1024 * 1024
/** Documents may be nested; SQLite's own JSON functions stop at 1000. */
const mostDepth = 500

/** `POST /store/<operation>`, as the contracts' store operations have it; everything needs the token. */
export function createServer({ store, token, log, metrics }: ServerOptions): FastifyInstance {
  const checkToken = tokenCheck(token)
  const sendProblem = (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const error = toApiError(thrown)
    if (error.status >= 500) log.error({ err: error, path: request.url.slice(0, 200) }, 'a request failed')
    return reply.code(error.status).header('content-type', problemMediaType).send(JSON.stringify(problemOf(error, request.url)))
  }
  const app = fastify({
    ...fastifyLimits({ ...serverLimits, requestTimeout: 120_000 }), bodyLimit, logger: false, exposeHeadRoutes: false, frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply.headers(apiHeaders)),
  })
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler((request, reply) =>
    sendProblem(new StreamForgeError('NOT_FOUND', `there is no operation at ${request.method} ${request.url.slice(0, 200)}`), request, reply))
  // Without rates: services ask as fast as they can, and all of them have the token.
  guardHttp(app, { now: Date.now, headers: apiHeaders })
  // Before the body is read: who has no token cannot make the server keep 64 MiB.
  app.addHook('onRequest', async (request) => checkToken(request.headers.authorization))
  measureRequests(app, metrics)
  acceptBodies(app)
  const handlers = operationHandlers(store)
  for (const name of Object.keys(storeOperations) as StoreOperationName[]) {
    const handle = handlers[name] as (request: unknown) => Promise<string>
    app.post(`/store/${name}`, async (request, reply) => {
      const text = await handle(name === 'write' ? textBody(request) : requestOf(name, request.body))
      return reply.type('application/json; charset=utf-8').send(text)
    })
  }
  return app
}

/** Documents are whatever they are: JSON is parsed without looking for names that libraries might trip over. */
function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      requireFlatJson(body as string, mostDepth)
      done(null, JSON.parse(body as string))
    } catch (cause) {
      done(cause instanceof StreamForgeError ? cause : new StreamForgeError('BAD_REQUEST', 'the body is not valid JSON', { cause }))
    }
  })
  app.addContentTypeParser(documentLinesType, { parseAs: 'string' }, (_request, body, done) => done(null, body))
}

function textBody(request: FastifyRequest): string {
  if (typeof request.body === 'string') return request.body
  throw new StreamForgeError('UNSUPPORTED_MEDIA_TYPE', `write takes a body of the type ${documentLinesType}`)
}

function requestOf(name: StoreOperationName, body: unknown): unknown {
  const parsed = storeOperations[name].request.safeParse(body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new StreamForgeError('STORE_REJECTED', `${issue?.path.join('.') || 'the body'}: ${issue?.message}`, { remedy: 'see storeOperations in libs/contracts' })
}

function measureRequests(app: FastifyInstance, metrics: Registry): void {
  const seconds = serverMetrics(metrics)
  app.addHook('onResponse', async (request, reply) => {
    const operation = request.routeOptions.url?.slice('/store/'.length) ?? 'none'
    seconds.observe({ operation, status: reply.statusCode }, reply.elapsedTime / 1000)
  })
}
