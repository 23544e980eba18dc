import { describe, expect, it } from 'vitest'
import { advanceConnection, reconnectDelay, startConnection, type ConnectionEvent } from './connection-state.ts'
import { liveClosing, readLiveClosing } from './live-closing.ts'

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

  it('is behind while what it hears is old, whatever the clocks say, and live again when it has caught up', () => {
    const heard = (at: number, now: number): ConnectionEvent => ({ type: 'heard', at, now })
    const open: ConnectionEvent = { type: 'opened', now: 50_000 }
    // The server's clock is 49 s slow: that alone is not being behind.
    expect(after(open, heard(1_000, 50_010), heard(3_000, 52_010))).toMatchObject({ status: 'live', behindMs: 0 })
    const late = [open, heard(1_000, 50_010), heard(2_000, 56_010), heard(2_500, 56_020)]
    expect(after(...late)).toMatchObject({ status: 'behind', since: 56_010, behindMs: 5_000 })
    expect(after(...late, heard(7_000, 56_030))).toMatchObject({ status: 'live', since: 56_030, behindMs: 0 })
    expect(after(...late, { type: 'tick', now: 61_000 })).toMatchObject({ status: 'stale', since: 56_020, behindMs: 0 })
    expect(after(open, { type: 'heard', now: 50_010, at: 1_000, left: true })).toMatchObject({ status: 'behind' })
  })

  it('forgets the fastest way when a clock is set', () => {
    const set = [...Array(3_000).keys()].map((i): ConnectionEvent => ({ type: 'heard', at: i, now: i + (i < 10 ? 0 : 10_000) }))
    expect(after(...set.slice(0, 100))).toMatchObject({ status: 'behind' })
    expect(after(...set)).toMatchObject({ status: 'live' })
  })

  it('knows why it is not let in, and until when, until it is told otherwise', () => {
    const refused = { why: 'too many connections', retryAt: 10_900 }
    const live = [{ type: 'opened', now: 10 }, { type: 'heard', now: 20 }] as const
    expect(after(...live, { type: 'closed', now: 900, refused })).toMatchObject({ status: 'lost', since: 20, refused })
    // Being let in to be told that is no news; hearing something is.
    expect(after(...live, { type: 'closed', now: 900, refused }, { type: 'opened', now: 11_000 }).refused).toEqual(refused)
    expect(after(...live, { type: 'closed', now: 900, refused }, { type: 'opened', now: 11_000 }, { type: 'heard', now: 11_010 }).refused).toBeUndefined()
    expect(after(...live, { type: 'closed', now: 900, refused }, { type: 'closed', now: 11_000 }).refused).toBeUndefined()
  })

  it('reads what the server closes with, and nothing else', () => {
    expect(readLiveClosing(liveClosing('too many messages', 20))).toEqual({ why: 'too many messages', retryAfterS: 20 })
    expect(new TextEncoder().encode(liveClosing('too many connections', 9_999)).length).toBeLessThanOrEqual(123)
    for (const reason of ['', 'signed out', 'x; retry after -1 s', '; retry after 5 s']) expect(readLiveClosing(reason)).toBeUndefined()
  })

  it('waits longer and longer, but not for ever, before it tries again', () => {
    expect(reconnectDelay(0, 0)).toBe(200)
    expect(reconnectDelay(2, 1)).toBe(1_600)
    expect(reconnectDelay(50, 1)).toBe(10_000)
  })
})
