import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Faults } from '../faults.ts'
import type { LiveVenue } from '../live/live-venue.ts'
import { weightWindow } from '../weight-window.ts'
import { StreamConnection, type StreamLimits } from './stream-connection.ts'
import { StreamHub } from './stream-hub.ts'
import { mostStreams } from './stream-request.ts'

export interface StreamServerOptions {
  readonly server: Server
  readonly hub: StreamHub
  readonly venue: LiveVenue
  readonly faults: Faults
  readonly limits?: StreamLimits | undefined
  readonly signal: AbortSignal
  readonly onError: (error: unknown) => void
}

const defaults: Required<StreamLimits> = {
  messagesPerSecond: 5, connectionAttempts: 300, pingMs: 20_000, pongTimeoutMs: 60_000, lifetimeMs: 86_400_000, mostBuffered: 64 * 1024 * 1024,
}

/** Serves streams at `/ws`, `/ws/<streams>` and `/stream?streams=<streams>` of an HTTP server. */
export function serveStreams(options: StreamServerOptions): { close(): void } {
  const { server, hub, faults, signal } = options
  const limits = { ...defaults, ...options.limits }
  const sockets = new WebSocketServer({ noServer: true, autoPong: false, clientTracking: false, maxPayload: 1024 * 1024 })
  const attempts = weightWindow({ limit: limits.connectionAttempts, windowMs: 300_000, banAfter: Infinity, now: () => performance.now() })
  const wait = (ms: number) => delay(ms, undefined, { signal }).catch(() => undefined)
  faults.onCutNow(hub.cutNow)

  const accept = (socket: WebSocket, raw: Duplex, asked: AskedStreams) => {
    const connection: StreamConnection = new StreamConnection({
      socket, raw, combined: asked.combined, faults, limits, wait, onError: options.onError, onSent: () => { hub.sent++ },
      async subscribe(of, streams) {
        // All or none are listened to: a recording begins with the first listener, and must not begin without the others.
        const had = await Promise.all(streams.map(({ symbol, channel }) => options.venue.follow(symbol, channel)))
        for (const [i, stream] of streams.entries()) {
          if (had[i] && of.isOpen && of.streams.get(stream.name) === stream) hub.subscribe(of, stream)
        }
      },
      unsubscribe: (of, stream) => hub.unsubscribe(of, stream),
    })
    hub.open(connection)
    socket.on('close', () => hub.close(connection))
    connection.add(asked.streams).catch(options.onError)
  }

  server.on('upgrade', (request: IncomingMessage, raw: Duplex, head: Buffer) => {
    const refuse = (status: number, reason: string) => raw.end(`HTTP/1.1 ${status} ${reason}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
    raw.on('error', () => raw.destroy())
    const refusal = faults.forConnection('ws_refuse')
    const asked = askedStreams(request.url ?? '/')
    if (refusal) refuse(refusal.status, 'Refused')
    else if (!attempts.spend(request.socket.remoteAddress ?? 'unknown', 1).allowed) refuse(429, 'Too Many Requests')
    else if (!asked) refuse(404, 'Not Found')
    else if (asked.streams.length > mostStreams) refuse(400, 'Bad Request')
    else sockets.handleUpgrade(request, raw, head, (socket) => accept(socket, raw, asked))
  })
  return {
    close() {
      for (const connection of hub.connections) connection.cut()
      sockets.close()
    },
  }
}

interface AskedStreams {
  readonly combined: boolean
  readonly streams: readonly string[]
}

function askedStreams(url: string): AskedStreams | undefined {
  const { pathname, searchParams } = new URL(url, 'http://venue')
  const names = (text: string) => decodeURIComponent(text).split('/').filter((name) => name !== '')
  if (pathname === '/stream') return { combined: true, streams: [...new Set(names(searchParams.get('streams') ?? ''))] }
  const path = /^\/ws(?:\/(.*))?$/.exec(pathname)
  return path ? { combined: false, streams: [...new Set(names(path[1] ?? ''))] } : undefined
}
