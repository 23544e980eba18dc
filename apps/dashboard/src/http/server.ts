import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import fastifyStatic from '@fastify/static'
import type { Bus } from '@streamforge/bus'
import { StreamForgeError } from '@streamforge/contracts'
import { acceptJson, fastifyLimits, guardHttp, pageHeaders, refusalReason, unreadableRequest, type HttpBudgets, type HttpRates } from '@streamforge/guards'
import type { ObjectStore } from '@streamforge/objects'
import type { SettingsStore, Store } from '@streamforge/store'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { serveLive } from '../live/live-socket.ts'
import type { LiveHub } from '../live/live-hub.ts'
import type { TradeHistory } from '../derive/trade-history.ts'
import type { ReadDatasets } from '../read/datasets.ts'
import { problemMediaType, problemOf, toApiError } from './problems.ts'
import { routes } from './routes/index.ts'
import { pageList } from '../../web/src/pages/page-list.ts'
import type { SignIn } from '../session/open-sign-in.ts'
import { guardAccess } from './guard-access.ts'
import { httpMetrics } from './http-metrics.ts'

export interface ServerParts {
  bus: Bus
  store: Store
  objects: ObjectStore
  settings: SettingsStore
  datasets: ReadDatasets
  /** Candles made from stored trades. */
  history: TradeHistory
  hub: LiveHub
  /** The folder of the built web part, once it is built. */
  web: Promise<string>
  log: Logger
  now: () => number
  managerUrl: string
  /** Who looks on, and how they sign in. */
  signIn: SignIn
  /** Bytes that may wait for one page; default 1 MiB. */
  maxWaiting?: number
  /** Milliseconds after which who has signed out is cut off from what is live; default 10,000. */
  standingMs?: number
  /** How often one may ask; undefined: as often as one likes, as in tests of other things. */
  rates?: HttpRates | undefined
  /** Absent: nothing is counted, as in tests of other things. */
  metrics?: Registry
}

const bodyLimit = 2 * 1024 * 1024
/** The API under /api, the WebSocket at /live, and the web part. */
export async function createServer(parts: ServerParts): Promise<FastifyInstance> {
  const { log, hub, now, signIn } = parts
  let budgets: HttpBudgets = () => []
  const counted = parts.metrics && httpMetrics(parts.metrics, () => budgets())
  const countRefusal = (error: StreamForgeError) => {
    const reason = refusalReason(error)
    if (reason !== undefined) counted?.refusals.inc({ reason })
  }
  const sendProblem = (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const error = toApiError(thrown)
    countRefusal(error)
    if (error.status >= 500) log.error({ err: error, method: request.method, path: request.url }, 'a request failed')
    return reply.code(error.status).header('content-type', problemMediaType).send(JSON.stringify(problemOf(error, request.url)))
  }
  const app = fastify({
    ...fastifyLimits(), bodyLimit, logger: false, forceCloseConnections: true, genReqId: () => randomUUID(), frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply.headers(pageHeaders())),
    clientErrorHandler: (error, socket) => {
      countRefusal(unreadableRequest(error))
      refuseUnreadable(error, socket)
    },
  })
  app.setErrorHandler(sendProblem)
  acceptJson(app)
  budgets = guardHttp(app, { now, rates: parts.rates, headers: pageHeaders(), callerOf: ({ caller }) => caller?.id })
  guardAccess(app, { access: signIn.access, visitors: signIn.visitors, audit: signIn.audit, now })
  for (const add of routes) add(app, parts)
  const live = serveLive(app.server, { hub, log, now, ...signIn, maxWaiting: parts.maxWaiting, standingMs: parts.standingMs })
  app.addHook('preClose', async () => live.close())
  await servePages(app, parts.web, sendProblem)
  return app
}

/** What cannot be read as HTTP at all. */
function refuseUnreadable(error: { code?: string }, socket: NodeJS.WritableStream & { destroyed?: boolean }): void {
  if (socket.destroyed || !socket.writable) return
  const { status } = unreadableRequest(error)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}

type SendProblem = (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply

/** Files by their name; every other path that a person may have in the address bar is the one page. */
async function servePages(app: FastifyInstance, web: Promise<string>, sendProblem: SendProblem): Promise<void> {
  await app.register(fastifyStatic, { root: import.meta.dirname, serve: false, cacheControl: false })
  const send = async (path: string, reply: FastifyReply) => {
    const root = await web.catch((cause: unknown) => {
      throw new StreamForgeError('UNAVAILABLE', 'the web part could not be built; the API works', { cause, remedy: 'the log of the dashboard says why' })
    })
    // Files under /assets carry their content's hash in the name; everything else may change with the next build.
    void reply.header('cache-control', path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
    return reply.sendFile(path, root)
  }
  app.get('/assets/*', (request, reply) => send(`assets/${(request.params as { '*': string })['*']}`, reply))
  for (const file of ['sw.js', 'manifest.webmanifest', 'icon.svg', 'icon-192.png', 'icon-512.png', 'icon-maskable-512.png', 'theme.js']) {
    app.get(`/${file}`, (_request, reply) => send(file, reply))
  }
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]!
    if (request.method === 'GET' && isPage(path)) return send('index.html', reply)
    return sendProblem(new StreamForgeError('NOT_FOUND', `there is nothing at ${path.slice(0, 300)}`), request, reply)
  })
}

/** The addresses of pages: `/`, and everything under a page's own name that names may be made of. */
function isPage(path: string): boolean {
  const [, page, ...rest] = path.split('/')
  return page === '' || (pageList.some((p) => p.path === page) && rest.every((part) => /^[\w.=-]*$/.test(part)))
}
