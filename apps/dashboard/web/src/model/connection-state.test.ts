import { describe, expect, it } from 'vitest'
import { advanceConnection, reconnectDelay, startConnection, type ConnectionEvent } from './connection-state.ts'

const after = (...events: ConnectionEvent[]) => events.reduce(advanceConnection, startConnection(0))

describe('what a page knows of its connection', () => {
  it('is live while it hears heartbeats', () => {
    expect(after({ type: 'opened', now: 10 }, { type: 'heard', now: 20, everyMs: 1_000 }, { type: 'tick', now: 1_900 })).toMatchObject({ status: 'live', since: 10, lastHeard: 20 })
  })

  it('is stale after two silent heartbeats and lost after three, since the last word', () => {
    const live = [{ type: 'opened', now: 10 }, { type: 'heard', now: 500, everyMs: 1_000 }] as const
    expect(after(...live, { type: 'tick', now: 2_501 })).toMatchObject({ status: 'stale', since: 500 })
    expect(after(...live, { type: 'tick', now: 2_501 }, { type: 'tick', now: 3_501 })).toMatchObject({ status: 'lost', since: 500 })
    expect(after(...live, { type: 'tick', now: 2_501 }, { type: 'heard', now: 2_600 })).toMatchObject({ status: 'live', since: 2_600 })
  })

  it('is lost when closed, since the last word, however often it fails to come back', () => {
    expect(after({ type: 'opened', now: 10 }, { type: 'heard', now: 20 }, { type: 'closed', now: 900 }, { type: 'closed', now: 5_000 }, { type: 'tick', now: 99_999 }))
      .toMatchObject({ status: 'lost', since: 20 })
    expect(after({ type: 'closed', now: 900 })).toMatchObject({ status: 'connecting', since: 0 })
  })

  it('waits longer and longer, but not for ever, before it tries again', () => {
    expect(reconnectDelay(0, 0)).toBe(200)
    expect(reconnectDelay(2, 1)).toBe(1_600)
    expect(reconnectDelay(50, 1)).toBe(10_000)
  })
})
