/** What the page knows of its connection to the server. `since`: when it came to be so, in milliseconds. */
export interface ConnectionState {
  /** behind: it hears, but old things: the network or this machine does not keep up. */
  status: 'connecting' | 'live' | 'behind' | 'stale' | 'lost'
  since: number
  lastHeard: number | undefined
  heartbeatMs: number
  /** How old what is heard is, in milliseconds; 0 unless behind. */
  behindMs: number
  /** This clock less the server's, with the shortest way a message has taken; undefined before the first. */
  offset: number | undefined
  /** Why the server let nobody in at the last try, and when it will be asked again; undefined: it did not say. */
  refused?: { why: string; retryAt: number } | undefined
}

export type ConnectionEvent =
  | { type: 'opened'; now: number }
  /** `at`: when the server sent it, by its clock. `left`: the server has left out what we were too slow for, and begins anew. */
  | { type: 'heard'; now: number; everyMs?: number; at?: number; left?: boolean }
  | { type: 'closed'; now: number; refused?: { why: string; retryAt: number } | undefined }
  | { type: 'tick'; now: number }

/** Silent heartbeats after which what is shown counts as stale, and after which the connection is given up. */
const staleAfter = 2
const lostAfter = 3
/** So much later than the fastest message, and we are behind. */
const behindAfterMs = 3_000
/** The fastest way is forgotten at this pace a message, so that a clock that was set does not count as being behind for ever. */
const offsetDriftMs = 5

export const startConnection = (now: number): ConnectionState =>
  ({ status: 'connecting', since: now, lastHeard: undefined, heartbeatMs: 2_000, behindMs: 0, offset: undefined })

export function advanceConnection(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  switch (event.type) {
    case 'opened': return hear({ ...state, offset: undefined }, event)
    case 'heard': return hear(state, event)
    case 'closed':
      // Since when: the last word that was heard, not when the loss was noticed.
      if (state.status === 'lost') return event.refused || state.refused ? { ...state, refused: event.refused } : state
      return { ...state, refused: event.refused, status: state.lastHeard === undefined ? 'connecting' : 'lost', since: state.lastHeard ?? state.since, behindMs: 0 }
    case 'tick': {
      if (state.status === 'connecting' || state.status === 'lost') return state
      const silent = event.now - (state.lastHeard ?? state.since)
      const quiet = { ...state, since: state.lastHeard ?? state.since, behindMs: 0 }
      if (silent > lostAfter * state.heartbeatMs) return { ...quiet, status: 'lost' }
      if (silent > staleAfter * state.heartbeatMs && state.status !== 'stale') return { ...quiet, status: 'stale' }
      return state
    }
    default: return event satisfies never
  }
}

function hear(state: ConnectionState, event: Extract<ConnectionEvent, { type: 'opened' | 'heard' }>): ConnectionState {
  const { now, at, everyMs, left = false } = event.type === 'heard' ? event : { now: event.now }
  const way = at === undefined ? undefined : now - at
  const offset = way === undefined ? state.offset : Math.min(way, (state.offset ?? way) + offsetDriftMs)
  const late = way === undefined || offset === undefined ? state.behindMs : way - offset
  const behind = left || late > behindAfterMs
  const next = { ...state, lastHeard: now, heartbeatMs: everyMs ?? state.heartbeatMs, offset, ...(event.type === 'heard' && { refused: undefined }) }
  if (!behind) return state.status === 'live' ? { ...next, behindMs: 0 } : { ...next, status: 'live', since: now, behindMs: 0 }
  // Whole seconds: that is what people are told, and it changes seldom.
  const behindMs = Math.max(0, Math.round(late / 1_000) * 1_000)
  return { ...next, status: 'behind', behindMs, since: state.status === 'behind' ? state.since : now }
}

/** Milliseconds before the next attempt: doubling, with jitter so that pages do not come back all at once. */
export function reconnectDelay(attempt: number, random: number): number {
  return Math.round(Math.min(10_000, 400 * 2 ** attempt) * (0.5 + random / 2))
}
