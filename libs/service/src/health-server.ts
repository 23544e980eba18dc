import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StreamForgeError } from '@streamforge/contracts'
import { apiHeaders, serverLimits } from '@streamforge/guards'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

export interface HealthServer {
  readonly port: number
  /** /readyz answers 200 only while every named condition holds. */
  setReady(condition: string, ready: boolean): void
  close(): Promise<void>
}

export interface HealthOptions {
  host: string
  port: number
  metrics: Registry
  log?: Pick<Logger, 'warn'>
  /** A worker takes a free port when its own is taken: several run on one machine with one environment. */
  fallBackToFreePort: boolean
}

/** Serves /healthz (the process answers), /readyz (it can do its work) and /metrics. @throws StreamForgeError BAD_CONFIG when the port is taken */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const conditions = new Map<string, boolean>()
  const server = createServer(serverLimits, (request, response) => {
    response.setHeaders(new Map(Object.entries(apiHeaders)))
    if (request.method !== 'GET' && request.method !== 'HEAD') return sendJson(response, 405, { status: 'only GET and HEAD' }, { allow: 'GET, HEAD', connection: 'close' })
    const path = (request.url ?? '/').split('?', 1)[0]
    if (path === '/healthz') sendJson(response, 200, { status: 'ok' })
    else if (path === '/readyz') sendReadiness(response, conditions)
    else if (path === '/metrics') void sendMetrics(response, options)
    else sendJson(response, 404, { status: 'not found', paths: ['/healthz', '/readyz', '/metrics'] })
  })
  server.unref()
  await listen(server, options)
  return {
    port: (server.address() as AddressInfo).port,
    setReady: (condition, ready) => void conditions.set(condition, ready),
    close: () => new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}

async function listen(server: Server, { host, port, fallBackToFreePort }: HealthOptions): Promise<void> {
  try {
    await listenOn(server, host, port)
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    if (taken && fallBackToFreePort) return listenOn(server, host, 0)
    throw new StreamForgeError('BAD_CONFIG', `HEALTH_PORT ${port} on ${host} cannot be listened on`, {
      cause: error, remedy: 'set HEALTH_PORT to a free port, or to 0 for any; HEALTH_HOST to an address of this machine',
    })
  }
}

function listenOn(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function sendReadiness(response: ServerResponse, conditions: ReadonlyMap<string, boolean>): void {
  const failing = [...conditions].filter(([, ready]) => !ready).map(([condition]) => condition)
  sendJson(response, failing.length === 0 ? 200 : 503, { status: failing.length === 0 ? 'ready' : 'not ready', failing })
}

async function sendMetrics(response: ServerResponse, { metrics, log }: HealthOptions): Promise<void> {
  try {
    const text = await metrics.metrics()
    response.writeHead(200, { 'content-type': metrics.contentType }).end(text)
  } catch (error) {
    log?.warn({ err: error }, 'metrics could not be collected')
    sendJson(response, 500, { status: 'error', message: 'metrics failed; the log says why' })
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
