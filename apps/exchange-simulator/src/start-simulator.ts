import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { serverLimits } from '@streamforge/guards'
import type { Market, RecordedStocks } from '@streamforge/market'
import { requestAnswerer, type Answer } from './answer-request.ts'
import { createFaults, type Fault, type Faults } from './faults.ts'
import { LiveVenue, type LiveOptions } from './live/live-venue.ts'
import { createStats, type Stats } from './stats.ts'
import { runStreams } from './stream/run-streams.ts'
import type { StreamLimits } from './stream/stream-connection.ts'
import { StreamHub } from './stream/stream-hub.ts'
import { serveStreams } from './stream/stream-server.ts'
import { weightWindow } from './weight-window.ts'

export interface SimulatorOptions {
  readonly market: Market
  /** Daily bars for Yahoo's charts, read when they are first asked for; absent: there are none. */
  readonly stocks?: () => Promise<RecordedStocks>
  /** 0, the default, takes a free one. */
  readonly port?: number
  readonly host?: string
  /** The venue's clock in milliseconds; by default it begins at the end of the market's data and ticks. */
  readonly now?: () => number
  /** Binance's request weight a minute and address; 0 for none. Default 6000. */
  readonly weightLimit?: number
  /** Requests beyond the limit, within a minute, after which the address is banned. Default 50. */
  readonly banAfter?: number
  /** Coinbase's requests a second and address; 0, the default, for none. */
  readonly coinbaseLimit?: number
  /** The market after the end of the history, over WebSocket and REST. */
  readonly live?: LiveOptions
  /** Of recorded frames: 1, the default, as they were; 0 as fast as the slowest client takes them. */
  readonly speed?: number
  readonly streamLimits?: StreamLimits
  readonly faults?: readonly Fault[]
  readonly seed?: string | number
  /** Waits for slow answers; by default a timer that ends when the simulator closes. */
  readonly wait?: (ms: number) => Promise<void>
  /** Told of what should not happen: an answer that could not be made. */
  readonly onError?: (error: unknown) => void
}

export interface Simulator {
  readonly url: string
  /** Base of the WebSocket paths. */
  readonly wsUrl: string
  readonly faults: Faults
  readonly venue: LiveVenue
  stats(): Stats
  close(): Promise<void>
}

/** A clock that shows `start` now and ticks as the machine's does. */
export function tickingClock(start: number): () => number {
  const begun = performance.now()
  return () => Math.floor(start + performance.now() - begun)
}

/** Serves a market over the protocols of Binance and Coinbase Exchange, and stocks over that of Yahoo's charts. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const seed = options.seed ?? 1
  const hub = new StreamHub()
  const venue = new LiveVenue({
    ...options.live, market: options.market, clock: options.now ?? tickingClock(options.market.end), seed, publish: hub.publish,
  })
  const { market, now } = venue
  const weightLimit = options.weightLimit ?? 6000
  const banAfter = options.banAfter ?? 50
  const stats = createStats()
  const faults = createFaults(options.faults ?? [], seed, stats.fault)
  const closing = new AbortController()
  const answer = requestAnswerer({
    exchange: { market, venue, now, weightLimit },
    stocks: options.stocks && once(options.stocks),
    live: { venue, hub },
    faults, stats,
    binanceWeight: weightWindow({ limit: weightLimit, windowMs: 60_000, banAfter, now }),
    coinbaseWeight: weightWindow({ limit: options.coinbaseLimit ?? 0, windowMs: 1_000, banAfter: Infinity, now }),
    wait: options.wait ?? ((ms) => delay(ms, undefined, { signal: closing.signal }).catch(() => undefined)),
  })
  const server = createServer({ ...serverLimits, keepAliveTimeout: 60_000 }, (request, response) => {
    answer(request).then((made) => {
      stats.answered(made.route, made.damage === 'cut' ? 'cut' : made.status, made.rows ?? 0, made.body.length)
      send(response, made)
    }, (error: unknown) => {
      options.onError?.(error)
      response.destroy()
    })
  })
  const onError = options.onError ?? (() => undefined)
  const streams = serveStreams({ server, hub, venue, faults, limits: options.streamLimits, signal: closing.signal, onError })
  const host = options.host ?? '127.0.0.1'
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, host, resolve)
  })
  const running = runStreams({ venue, hub, speed: options.speed ?? 1, signal: closing.signal }).catch(onError)
  const { port } = server.address() as AddressInfo
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return {
    url: `http://${authority}`,
    wsUrl: `ws://${authority}`,
    faults, venue,
    stats: stats.current,
    async close() {
      closing.abort()
      streams.close()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await Promise.all([closed, running])
    },
  }
}

/** Reads once, however many ask; a failure is tried again. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined
  return () => (reading ??= read().catch((error: unknown) => {
    reading = undefined
    throw error
  }))
}

function send(response: ServerResponse, { status, headers, body, damage }: Answer): void {
  const shown = damage === 'truncate' ? body.subarray(0, Math.floor(body.length / 2)) : body
  response.writeHead(status, { ...headers, 'content-length': shown.length })
  if (damage !== 'cut') {
    response.end(shown)
    return
  }
  // The first half is on its way before the connection goes: the reader sees a body that stops.
  response.write(shown.subarray(0, Math.floor(shown.length / 2)), () => response.destroy())
}
