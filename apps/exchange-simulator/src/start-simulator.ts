import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Market } from '@streamforge/market'
import { requestAnswerer, type Answer } from './answer-request.ts'
import { createFaults, type Fault, type Faults } from './faults.ts'
import { createStats, type Stats } from './stats.ts'
import { weightWindow } from './weight-window.ts'

export interface SimulatorOptions {
  readonly market: Market
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
  readonly faults?: readonly Fault[]
  readonly seed?: string | number
  /** Waits for slow answers; by default a timer that ends when the simulator closes. */
  readonly wait?: (ms: number) => Promise<void>
  /** Told of what should not happen: an answer that could not be made. */
  readonly onError?: (error: unknown) => void
}

export interface Simulator {
  readonly url: string
  readonly faults: Faults
  stats(): Stats
  close(): Promise<void>
}

/** A clock that shows `start` now and ticks as the machine's does. */
export function tickingClock(start: number): () => number {
  const begun = performance.now()
  return () => Math.floor(start + performance.now() - begun)
}

/** Serves a market over the protocols of Binance and Coinbase Exchange. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const now = options.now ?? tickingClock(options.market.end)
  const weightLimit = options.weightLimit ?? 6000
  const banAfter = options.banAfter ?? 50
  const stats = createStats()
  const faults = createFaults(options.faults ?? [], options.seed ?? 1, stats.fault)
  const closing = new AbortController()
  const answer = requestAnswerer({
    exchange: { market: options.market, now, weightLimit },
    faults, stats,
    binanceWeight: weightWindow({ limit: weightLimit, windowMs: 60_000, banAfter, now }),
    coinbaseWeight: weightWindow({ limit: options.coinbaseLimit ?? 0, windowMs: 1_000, banAfter: Infinity, now }),
    wait: options.wait ?? ((ms) => delay(ms, undefined, { signal: closing.signal }).catch(() => undefined)),
  })
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    answer(request).then((made) => {
      stats.answered(made.route, made.damage === 'cut' ? 'cut' : made.status, made.rows ?? 0, made.body.length)
      send(response, made)
    }, (error: unknown) => {
      options.onError?.(error)
      response.destroy()
    })
  })
  const host = options.host ?? '127.0.0.1'
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, host, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    faults,
    stats: stats.current,
    async close() {
      closing.abort()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
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
