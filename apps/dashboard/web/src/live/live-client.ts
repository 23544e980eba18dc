import type { LiveChannel, LiveClientMessage, LivePayload, LiveServerMessage } from '@streamforge/contracts'
import { advanceConnection, reconnectDelay, startConnection, type ConnectionEvent, type ConnectionState } from './connection-state.ts'
import { readLiveClosing } from './live-closing.ts'

export interface LiveSubscription<C extends LiveChannel> {
  channel: C
  /** The last thing seen, asked at every (re)connection: the server sends what came after it. */
  since?: () => number | undefined
  /** `pushed`: it has just come to be; false for the answer to the subscription, which tells what was missed. */
  onData: (data: Extract<LivePayload, { kind: C['kind'] }>, pushed: boolean) => void
}

export interface LiveClient {
  state(): ConnectionState
  onState(listener: () => void): () => void
  subscribe<C extends LiveChannel>(subscription: LiveSubscription<C>): () => void
}

/** What the client needs of the world; tests bring their own. */
export interface LiveWorld {
  open: () => WebSocket
  now: () => number
  random: () => number
}

const tickMs = 1_000

/** One WebSocket for the whole page, which comes back by itself and catches every subscription up. */
export function createLiveClient({ open, now, random }: LiveWorld): LiveClient {
  let state = startConnection(now())
  let socket: WebSocket | undefined
  let attempt = 0
  let retry: ReturnType<typeof setTimeout> | undefined
  let nextId = 1
  const listeners = new Set<() => void>()
  const subscriptions = new Map<number, LiveSubscription<LiveChannel>>()
  /** Subscriptions whose answer has come on this connection. */
  const answered = new Set<number>()

  const happened = (event: ConnectionEvent) => {
    const before = state
    state = advanceConnection(state, event)
    if (state.status !== before.status || state.since !== before.since || state.behindMs !== before.behindMs || state.refused !== before.refused) for (const listener of listeners) listener()
  }
  const send = (message: LiveClientMessage) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
  }
  const announce = (id: number, { channel, since }: LiveSubscription<LiveChannel>) => {
    const seen = since?.()
    answered.delete(id)
    send({ op: 'subscribe', id, channel, ...(seen !== undefined && { since: seen }) })
  }
  const receive = (message: LiveServerMessage) => {
    happened({
      type: 'heard', now: now(), ...(message.op === 'heartbeat' && { everyMs: message.every_ms }), ...('at' in message && { at: message.at }),
      ...(message.op === 'behind' && { left: true }),
    })
    if (message.op === 'behind') resume()
    if (message.op !== 'data') return
    subscriptions.get(message.id)?.onData(message.data as never, answered.has(message.id))
    answered.add(message.id)
  }
  /** All that was sent before it was left out has been read by now: from here on it goes on. */
  const resume = () => {
    send({ op: 'resume' })
    for (const [id, subscription] of subscriptions) announce(id, subscription)
  }
  const connect = () => {
    clearTimeout(retry)
    retry = undefined
    const opened = open()
    socket = opened
    opened.onopen = () => {
      attempt = 0
      happened({ type: 'opened', now: now() })
      for (const [id, subscription] of subscriptions) announce(id, subscription)
    }
    opened.onmessage = (event) => { if (socket === opened) receive(JSON.parse(String(event.data)) as LiveServerMessage) }
    opened.onclose = ({ code, reason }) => { if (socket === opened) lose(code === 1013 ? readLiveClosing(reason) : undefined) }
  }
  const lose = (closing?: { why: string; retryAfterS: number }) => {
    socket = undefined
    const waitMs = closing ? closing.retryAfterS * 1_000 + reconnectDelay(attempt++, random()) : reconnectDelay(attempt++, random())
    happened({ type: 'closed', now: now(), ...(closing && { refused: { why: closing.why, retryAt: now() + waitMs } }) })
    retry ??= setTimeout(connect, waitMs)
  }
  const retryNow = () => {
    if (socket) return
    attempt = 0
    connect()
  }
  setInterval(() => {
    happened({ type: 'tick', now: now() })
    // A connection that has gone silent may never say that it is closed.
    if (state.status === 'lost' && socket?.readyState === WebSocket.OPEN) {
      const silent = socket
      lose()
      silent.close()
    }
  }, tickMs)
  window.addEventListener('online', retryNow)
  document.addEventListener('visibilitychange', () => { if (!document.hidden) retryNow() })
  connect()
  return {
    state: () => state,
    onState: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    subscribe(subscription) {
      const id = nextId++
      subscriptions.set(id, subscription as unknown as LiveSubscription<LiveChannel>)
      announce(id, subscription as unknown as LiveSubscription<LiveChannel>)
      return () => {
        subscriptions.delete(id)
        answered.delete(id)
        send({ op: 'unsubscribe', id })
      }
    },
  }
}
