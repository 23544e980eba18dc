import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { requireRole } from '@streamforge/access'
import { LiveClientMessage, StreamForgeError, toStreamForgeError } from '@streamforge/contracts'
import { requestRates } from '@streamforge/guards'
import type { Logger } from 'pino'
import { WebSocketServer, type WebSocket } from 'ws'
import { liveClosing } from '../../web/src/live/live-closing.ts'
import { problemOf } from '../http/problems.ts'
import type { SignIn } from '../session/open-sign-in.ts'
import type { Visitor } from '../session/visitors.ts'
import { clientOutbox } from './client-outbox.ts'
import type { LiveHub } from './live-hub.ts'

export interface LiveParts extends Pick<SignIn, 'access' | 'visitors'> {
  hub: LiveHub
  log: Logger
  now: () => number
  /** Bytes that may wait for one page; default 1 MiB. */
  maxWaiting?: number | undefined
  /** Milliseconds after which who has signed out, or may not look any more, is cut off; default 10,000. */
  standingMs?: number | undefined
}

/** So much may wait for one page; then it is behind. */
const maxWaitingBytes = 1024 * 1024
const patienceMs = 60_000
const maxSubscriptions = 50
const heartbeatMs = 2_000
/** A page sends a message for each thing that it begins or stops to show. */
const messageRate = { perMinute: 600, burst: 200 }
const maxConnections = 500
/** Seconds after which a page that was one too many tries again. */
const retryAfterS = 10
const maxConnectionsOfAddress = 100

/** The WebSocket at /live: subscriptions in, states and changes out, and a heartbeat by which a page knows that silence is silence. */
export function serveLive(server: Server, parts: LiveParts): { close: () => void } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024, perMessageDeflate: false })
  const connections = countConnections()
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Until the upgrade nobody else listens to it, and it may break meanwhile.
    const ignore = () => undefined
    socket.on('error', ignore)
    if (!connections.take(request.socket.remoteAddress ?? '', socket)) return turnAway(sockets, request, socket, head)
    visitorOf(request, parts).then((visitor) => {
      socket.off('error', ignore)
      sockets.handleUpgrade(request, socket, head, (client) => serveClient(client, visitor, parts))
    }, (error: unknown) => refuseUpgrade(socket, toStreamForgeError(error).status))
  }
  server.on('upgrade', upgrade)
  return {
    close() {
      server.off('upgrade', upgrade)
      for (const client of sockets.clients) client.close(1001, 'the dashboard is stopping')
      sockets.close()
      setTimeout(() => { for (const client of sockets.clients) client.terminate() }, 500).unref()
    },
  }
}

/** Counts open connections, all and of each address. */
function countConnections(): { take(address: string, socket: Duplex): boolean } {
  const open = new Map<string, number>()
  let all = 0
  const add = (address: string, change: number) => {
    all += change
    const count = (open.get(address) ?? 0) + change
    if (count > 0) open.set(address, count)
    else open.delete(address)
  }
  return {
    take(address, socket) {
      if (all >= maxConnections || (open.get(address) ?? 0) >= maxConnectionsOfAddress) return false
      add(address, 1)
      socket.once('close', () => add(address, -1))
      return true
    },
  }
}

/** @throws StreamForgeError BAD_REQUEST for another path, NOT_ALLOWED for a page of another site, NOT_AUTHENTICATED */
async function visitorOf(request: IncomingMessage, { access, visitors }: LiveParts): Promise<Visitor> {
  if (request.url?.split('?', 1)[0] !== '/live') throw new StreamForgeError('BAD_REQUEST', 'only /live is a WebSocket')
  // A browser lets pages of any site open one, with the cookies of this site: asked as if it changed something.
  access.requireOwnPage(request.headers, true)
  const visitor = await visitors.of(request.headers)
  requireRole(visitor.caller, 'viewer')
  return visitor
}

/** A browser hides from its page what an upgrade was refused with: so it is let in, told why and when to come back (RFC 6455, 7.4), and let out. */
function turnAway(sockets: WebSocketServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  sockets.handleUpgrade(request, socket, head, (client) => {
    client.on('error', () => undefined)
    client.close(1013, liveClosing('too many connections', retryAfterS))
    // Who does not answer is not waited for.
    setTimeout(() => client.terminate(), 1_000).unref()
  })
}

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${[`${status} ${STATUS_CODES[status]}`, 'connection: close', 'content-length: 0'].join('\r\n')}\r\n\r\n`)
}

function serveClient(client: WebSocket, visitor: Visitor, { hub, log, now, visitors, maxWaiting = maxWaitingBytes, standingMs = 10_000 }: LiveParts): void {
  const subscriptions = new Map<number, () => void>()
  const endAll = () => {
    for (const end of subscriptions.values()) end()
    subscriptions.clear()
  }
  const outbox = clientOutbox(client, {
    maxBytes: maxWaiting, patienceMs, now,
    onBehind() {
      log.debug({ waiting: client.bufferedAmount }, 'a page reads too slowly')
      endAll()
    },
  })
  const refuse = (error: StreamForgeError, id?: number) => outbox.tell({ op: 'problem', ...(id !== undefined && { id }), problem: problemOf(error, '/live') })
  const beat = () => {
    outbox.tell({ op: 'heartbeat', at: now(), every_ms: heartbeatMs })
    outbox.check()
  }
  const heartbeat = setInterval(beat, heartbeatMs)
  const standing = setInterval(() => {
    // What cannot be asked just now does not end what was begun.
    visitors.stands(visitor).then((stands) => { if (!stands) client.close(1008, 'signed out') }, (err: unknown) => log.warn({ err }, 'who looks on could not be checked'))
  }, standingMs)
  beat()
  const end = (id: number) => {
    subscriptions.get(id)?.()
    subscriptions.delete(id)
  }
  const handle = (message: LiveClientMessage) => {
    switch (message.op) {
      case 'resume': return outbox.resume()
      case 'unsubscribe': return end(message.id)
      case 'subscribe': {
        const { id, channel, since } = message
        end(id)
        // It was asked before the page had read that it is behind: it will ask again.
        if (outbox.behind) return
        if (subscriptions.size >= maxSubscriptions) return refuse(new StreamForgeError('BAD_REQUEST', `at most ${maxSubscriptions} subscriptions`), id)
        subscriptions.set(id, hub.subscribe(channel, since, (payload) => outbox.data(id, payload)))
        return
      }
      default: return message satisfies never
    }
  }
  const messages = requestRates(messageRate, now)
  client.on('message', (data) => {
    if (messages('client') !== undefined) return client.close(1013, liveClosing('too many messages', Math.ceil(60 * messageRate.burst / messageRate.perMinute)))
    const message = read(String(data))
    if (message instanceof StreamForgeError) refuse(message)
    else handle(message)
  })
  client.on('error', (err) => log.debug({ err }, 'a live connection failed'))
  client.on('close', () => {
    clearInterval(heartbeat)
    clearInterval(standing)
    endAll()
  })
}

function read(text: string): LiveClientMessage | StreamForgeError {
  try {
    const parsed = LiveClientMessage.safeParse(JSON.parse(text))
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    return new StreamForgeError('BAD_REQUEST', `${issue?.path.join('.') || 'message'}: ${issue?.message}`)
  } catch {
    return new StreamForgeError('BAD_REQUEST', 'the message is not JSON')
  }
}
