/** What the page knows of its connection to the server. `since`: when it came to be so, in milliseconds. */
export interface ConnectionState {
  status: 'connecting' | 'live' | 'stale' | 'lost'
  since: number
  lastHeard: number | undefined
  heartbeatMs: number
}

export type ConnectionEvent =
  | { type: 'opened'; now: number }
  | { type: 'heard'; now: number; everyMs?: number }
  | { type: 'closed'; now: number }
  | { type: 'tick'; now: number }

/** Silent heartbeats after which what is shown counts as stale, and after which the connection is given up. */
const staleAfter = 2
const lostAfter = 3

export const startConnection = (now: number): ConnectionState => ({ status: 'connecting', since: now, lastHeard: undefined, heartbeatMs: 2_000 })

export function advanceConnection(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  switch (event.type) {
    case 'opened':
    case 'heard': {
      const next = { ...state, lastHeard: event.now, heartbeatMs: (event.type === 'heard' ? event.everyMs : undefined) ?? state.heartbeatMs }
      return state.status === 'live' ? next : { ...next, status: 'live', since: event.now }
    }
    case 'closed':
      // Since when: the last word that was heard, not when the loss was noticed.
      return state.status === 'lost' ? state : { ...state, status: state.lastHeard === undefined ? 'connecting' : 'lost', since: state.lastHeard ?? state.since }
    case 'tick': {
      if (state.status !== 'live' && state.status !== 'stale') return state
      const silent = event.now - (state.lastHeard ?? state.since)
      if (silent > lostAfter * state.heartbeatMs) return { ...state, status: 'lost', since: state.lastHeard ?? state.since }
      if (silent > staleAfter * state.heartbeatMs && state.status === 'live') return { ...state, status: 'stale', since: state.lastHeard ?? state.since }
      return state
    }
    default: return event satisfies never
  }
}

/** Milliseconds before the next attempt: doubling, with jitter so that pages do not come back all at once. */
export function reconnectDelay(attempt: number, random: number): number {
  return Math.round(Math.min(10_000, 400 * 2 ** attempt) * (0.5 + random / 2))
}
