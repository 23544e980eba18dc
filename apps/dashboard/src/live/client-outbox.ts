import type { LiveServerMessage } from '@streamforge/contracts'

/** What the outbox needs of a WebSocket. */
export interface OutboxSocket {
  readonly readyState: number
  readonly OPEN: number
  readonly bufferedAmount: number
  send(text: string): void
  terminate(): void
}

export interface OutboxOptions {
  /** So much may wait for a page before its data is left out. */
  maxBytes: number
  /** A page that has not read on for so long is cut off. */
  patienceMs: number
  now: () => number
  /** Ends what the page has subscribed to. */
  onBehind: () => void
}

/** The state of one page's outbox, for tests and metrics. */
export interface ClientOutbox {
  readonly behind: boolean
  /** Sends data, unless the page is behind. */
  data(id: number, payload: string): void
  /** Sends what is small and tells how things are; nothing to a page that does not read. */
  tell(message: LiveServerMessage): void
  /** The page has read all that was sent before it fell behind. */
  resume(): void
  /** Called now and then: loses patience. */
  check(): void
}

/**
 * What waits for one page is bounded. A page that reads too slowly is told that it is behind, as the last of what waits, and gets no more data
 * until it has read that and asks anew: it then gets the present state and not the backlog, and the server's memory does not grow with slow pages.
 */
export function clientOutbox(socket: OutboxSocket, { maxBytes, patienceMs, now, onBehind }: OutboxOptions): ClientOutbox {
  let behindSince: number | undefined
  const send = (text: string) => { if (socket.readyState === socket.OPEN) socket.send(text) }
  return {
    get behind() { return behindSince !== undefined },
    data(id, payload) {
      if (behindSince !== undefined) return
      // The payload is the same text for all pages, only what is around it differs.
      send(`{"op":"data","id":${id},"at":${now()},"data":${payload}}`)
      if (socket.bufferedAmount <= maxBytes) return
      behindSince = now()
      send(JSON.stringify({ op: 'behind', at: now() } satisfies LiveServerMessage))
      onBehind()
    },
    tell(message) {
      if (socket.bufferedAmount <= maxBytes) send(JSON.stringify(message))
    },
    resume: () => { behindSince = undefined },
    check() {
      if (behindSince !== undefined && now() - behindSince > patienceMs) socket.terminate()
    },
  }
}
