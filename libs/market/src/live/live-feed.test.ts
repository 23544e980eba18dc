import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { attemptLimit } from './attempt-limit.ts'
import { openLiveFeed, type LiveEvent, type LiveFeed, type LiveFeedOptions } from './live-feed.ts'
import { liveVenueNamed } from './live-venues.ts'

/** A server that answers every subscription, and tells what it saw. */
interface Server {
  url: string
  subscriptions: { socket: WebSocket; streams: string[]; at: number }[]
  refuse: Set<string>
  pongs: boolean
  connections: WebSocket[]
  close(): void
}

async function startServer(): Promise<Server> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', autoPong: false })
  await new Promise((resolve) => server.once('listening', resolve))
  const state: Server = {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, subscriptions: [], refuse: new Set(), pongs: true, connections: [],
    close() {
      for (const socket of server.clients) socket.terminate()
      server.close()
    },
  }
  server.on('connection', (socket) => {
    state.connections.push(socket)
    socket.on('ping', (data) => { if (state.pongs) socket.pong(data) })
    socket.on('message', (data: Buffer) => {
      const { params, id } = JSON.parse(data.toString()) as { params: string[]; id: number }
      state.subscriptions.push({ socket, streams: params, at: performance.now() })
      const bad = params.some((stream) => state.refuse.has(stream))
      socket.send(JSON.stringify(bad ? { error: { code: 2, msg: 'Invalid request' }, id } : { result: null, id }))
    })
  })
  return state
}

const trade = (id: number, padding = '') => JSON.stringify({
  stream: 'btcusdt@aggTrade', data: { e: 'aggTrade', s: 'BTCUSDT', a: id, p: '1', q: '1', f: id, l: id, T: 1_722_470_400_000, m: true, padding },
})

let server: Server
let feeds: LiveFeed[]
beforeEach(async () => {
  server = await startServer()
  feeds = []
})
afterEach(() => {
  for (const feed of feeds) feed.close()
  server.close()
})

function open(options: Partial<LiveFeedOptions> = {}): LiveFeed {
  const feed = openLiveFeed({
    venue: liveVenueNamed('binance'), url: server.url, streams: ['btcusdt@aggTrade'], random: () => 0.5, ...options,
    pace: { retryMinimumMs: 1, retryMaximumMs: 5, overlapMs: 20, ...options.pace }, limits: { messagesPerSecond: 1000, ...options.limits },
  })
  feeds.push(feed)
  return feed
}

/** Reads events until `enough` of all so far. */
async function readUntil(feed: LiveFeed, enough: (events: LiveEvent[]) => boolean, events: LiveEvent[] = []): Promise<LiveEvent[]> {
  for await (const batch of feed) {
    events.push(...batch)
    if (enough(events)) break
  }
  return events
}
const types = (events: LiveEvent[]) => events.map((e) => e.type)
const ids = (events: LiveEvent[]) => events.flatMap((e) => (e.type === 'frame' && e.frame.kind === 'trade' ? [e.frame.record.trade_id] : []))
const has = (type: LiveEvent['type'], count = 1) => (events: LiveEvent[]) => events.filter((e) => e.type === type).length >= count

describe('openLiveFeed', () => {
  it('spreads streams over connections and messages, no faster than the venue allows', async () => {
    const streams = Array.from({ length: 25 }, (_, i) => `s${i}usdt@aggTrade`)
    const feed = open({ streams, limits: { streamsPerConnection: 20, streamsPerMessage: 4, messagesPerSecond: 41 } })
    await readUntil(feed, has('connected', 2))
    expect(server.connections.length).toBe(2)
    const first = server.subscriptions.filter((s) => s.socket === server.subscriptions[0]!.socket)
    expect(server.subscriptions.flatMap((s) => s.streams).toSorted()).toEqual(streams.toSorted())
    expect(Math.max(...server.subscriptions.map((s) => s.streams.length))).toBe(4)
    // Five messages, sent 25 ms apart; they may be received a little closer together.
    if (first.length === 5) expect(first[4]!.at - first[0]!.at).toBeGreaterThan(50)
  })

  it('finds the stream that is refused, and keeps the others', async () => {
    server.refuse.add('b@aggTrade')
    const events = await readUntil(open({ streams: ['a@aggTrade', 'b@aggTrade', 'c@aggTrade'] }), has('connected'))
    expect(events).toMatchObject([
      { type: 'refused', stream: 'b@aggTrade', error: { code: 'VENUE_REJECTED' } },
      { type: 'connected', streams: ['a@aggTrade', 'c@aggTrade'], renewed: false },
    ])
  })

  it('connects again when a connection is cut, and says so', async () => {
    const feed = open()
    const events = await readUntil(feed, has('connected'))
    server.connections[0]!.terminate()
    await readUntil(feed, has('connected', 2), events)
    expect(types(events)).toEqual(['connected', 'disconnected', 'connected'])
    expect(feed.counts).toMatchObject({ connections: 2, losses: 1, renewals: 0 })
  })

  it('gives up a connection that says nothing and answers no ping', async () => {
    const feed = open({ limits: { pingAfterMs: 20, deadAfterMs: 60 } })
    const events = await readUntil(feed, has('connected'))
    server.pongs = false
    await readUntil(feed, has('disconnected'), events)
    expect(events.at(-1)).toMatchObject({ reason: 'silent' })
  })

  it('keeps a quiet connection whose pings are answered', async () => {
    const feed = open({ limits: { pingAfterMs: 10, deadAfterMs: 2_000 } })
    await readUntil(feed, has('connected'))
    let pings = 0
    await new Promise<void>((resolve) => server.connections[0]!.on('ping', () => { if (++pings === 3) resolve() }))
    expect(feed.counts.losses).toBe(0)
  })

  it('renews a connection before its end without a moment without one', async () => {
    const feed = open({ limits: { lifetimeMs: 150 }, pace: { renewBeforeEndMs: 50 } })
    const events: LiveEvent[] = []
    let id = 0
    const source = setInterval(() => { for (const socket of server.connections) socket.send(trade(id)); id++ }, 2)
    await readUntil(feed, (all) => has('connected', 3)(all), events)
    clearInterval(source)
    expect(types(events)).not.toContain('disconnected')
    expect(events.filter((e) => e.type === 'connected').map((e) => e.renewed)).toEqual([false, true, true])
    const got = ids(events)
    expect(new Set(got).size).toBe(Math.max(...got) - Math.min(...got) + 1)
    expect(feed.counts).toMatchObject({ renewals: 2, losses: 0 })
  })

  it('gives up a connection that sends only garbage', async () => {
    const feed = open()
    const events = await readUntil(feed, has('connected'))
    for (let i = 0; i < 20; i++) server.connections[0]!.send('garbage')
    await readUntil(feed, has('disconnected'), events)
    expect(types(events).filter((t) => t === 'bad_frame').length).toBe(20)
    expect(events.at(-1)).toMatchObject({ reason: 'unreadable frames' })
  })

  it('stops reading while its reader is behind, and loses nothing by that', async () => {
    const feed = open({ buffer: { events: 50 } })
    const events = await readUntil(feed, has('connected'))
    const count = 20_000
    for (let id = 0; id < count; id++) server.connections[0]!.send(trade(id))
    await until(() => feed.counts.pauses > 0)
    // Not read, most of it is still in the network or in the server.
    expect(feed.counts.frames).toBeLessThan(count)
    await readUntil(feed, (all) => ids(all).length >= count, events)
    expect(ids(events)).toEqual(Array.from({ length: count }, (_, i) => i))
    expect(feed.counts.slowReaderLosses).toBe(0)
  })

  it('lets timers and acknowledgements have their turn while it reads what has gathered', async () => {
    const feed = open({ buffer: { events: 100_000 } })
    const events = await readUntil(feed, has('connected'))
    const frames = Array.from({ length: 10_000 }, (_, id) => trade(id))
    for (const frame of frames) server.connections[0]!.send(frame)
    const readInATurn: number[] = []
    let read = feed.counts.frames
    const turns = (function look(): NodeJS.Immediate {
      readInATurn.push(feed.counts.frames - read)
      read = feed.counts.frames
      return setImmediate(() => { if (read < frames.length) look() })
    })()
    await readUntil(feed, (all) => ids(all).length === frames.length, events)
    clearImmediate(turns)
    // Node hands out what it reads in pieces of 64 KiB; a frame may end in the next.
    expect(Math.max(...readInATurn)).toBeLessThanOrEqual(2 + 65_536 / frames[0]!.length)
  })

  it('gives the connection up when its reader is behind for too long, and connects again when it has caught up', async () => {
    const feed = open({ buffer: { events: 10 }, pace: { longestPauseMs: 30 } })
    const events = await readUntil(feed, has('connected'))
    for (let id = 0; id < 20_000; id++) server.connections[0]!.send(trade(id, 'x'.repeat(100)))
    await until(() => feed.counts.slowReaderLosses > 0)
    expect(server.connections.length).toBe(1)
    await readUntil(feed, has('connected', 2), events)
    expect(events.find((e) => e.type === 'disconnected')).toMatchObject({ reason: 'the reader was behind for too long' })
    const got = ids(events)
    expect(got).toEqual(Array.from({ length: got.length }, (_, i) => i))
  })
})

/** Looks at every turn of the event loop. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

describe('attemptLimit', () => {
  it('spreads attempts over windows', () => {
    let now = 0
    const limit = attemptLimit({ count: 2, windowMs: 100 }, () => now)
    expect([limit.take(), limit.take(), limit.take(), limit.take(), limit.take()]).toEqual([0, 0, 100, 100, 200])
    now = 500
    expect([limit.take(), limit.take(), limit.take()]).toEqual([0, 0, 100])
  })
})
