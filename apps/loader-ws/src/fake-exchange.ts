import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'

export const START = Date.UTC(2024, 7, 1)
export const MINUTE = 60_000

/** A small Binance for tests of the live loader: what was traded is over REST at once; the stream brings what the test sends. */
export interface FakeExchange {
  readonly ws: string
  readonly rest: string
  /** Trade ids that REST has, from `firstId` to before `endId`, without `missing`. */
  firstId: number
  endId: number
  readonly missing: Set<number>
  /** REST has candles that open before this. */
  candlesBefore: number
  readonly missingCandles: Set<number>
  /** The venue's clock. */
  serverTime: () => number
  /** REST answers 503 to everything but its clock and its list of symbols. */
  down: boolean
  /** REST does not answer at all what it would refuse when down. */
  silent: boolean
  /** What REST answers for a depth request. */
  depth: () => { lastUpdateId: number; bids: [string, string][]; asks: [string, string][] }
  readonly requests: string[]
  readonly subscriptions: { connection: number; streams: string[]; at: number }[]
  /** Streams whose subscription is refused. */
  readonly refused: Set<string>
  readonly connections: ReadonlySet<WebSocket>
  /** Resolves when a connection has subscribed to the stream. */
  subscribed(stream: string): Promise<void>
  send(stream: string, data: unknown): void
  sendRaw(text: string): void
  cut(): void
  close(): Promise<void>
}

export const tradeFrame = (id: number, symbol = 'BTCUSDT') => ({
  e: 'aggTrade', E: tradeTime(id), s: symbol, a: id, p: (100 + id / 8).toFixed(8), q: '0.50000000', f: id * 2, l: id * 2 + 1, T: tradeTime(id), m: id % 2 === 0, M: true,
})
export const tradeTime = (id: number) => START + id * 100

export const klineFrame = (open: number, closed: boolean, symbol = 'BTCUSDT') => ({
  e: 'kline', E: open + MINUTE, s: symbol, k: {
    t: open, T: open + MINUTE - 1, s: symbol, i: '1m', f: 1, L: 2, o: '1.0', c: '1.5', h: '2.0', l: '0.5', v: '10', n: 2, x: closed, q: '15', V: '5', Q: '7', B: '0',
  },
})

export async function startFakeExchange(symbols: readonly string[] = ['BTCUSDT', 'ETHUSDT']): Promise<FakeExchange> {
  const subscribedTo = new Map<WebSocket, Set<string>>()
  const waiting: { stream: string; resolve: () => void }[] = []
  let connectionCount = 0
  const http = createServer((request, response) => answer(exchange, symbols, request, response))
  const sockets = new WebSocketServer({ server: http, path: '/stream' })
  sockets.on('connection', (socket) => {
    const connection = ++connectionCount
    const own = new Set<string>()
    subscribedTo.set(socket, own)
    socket.on('close', () => subscribedTo.delete(socket))
    socket.on('error', () => undefined)
    socket.on('message', (data: Buffer) => {
      const { method, params, id } = JSON.parse(data.toString()) as { method: string; params: string[]; id: number }
      if (method === 'SUBSCRIBE') exchange.subscriptions.push({ connection, streams: params, at: performance.now() })
      if (params.some((stream) => exchange.refused.has(stream))) return socket.send(JSON.stringify({ error: { code: 2, msg: 'Invalid request' }, id }))
      for (const stream of params) if (method === 'SUBSCRIBE') own.add(stream); else own.delete(stream)
      socket.send(JSON.stringify({ result: null, id }))
      for (const { stream, resolve } of waiting) if (own.has(stream)) resolve()
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const address = `127.0.0.1:${(http.address() as AddressInfo).port}`
  const to = (stream: string) => [...subscribedTo].filter(([, streams]) => streams.has(stream)).map(([socket]) => socket)
  const exchange: FakeExchange = {
    ws: `ws://${address}`, rest: `http://${address}`, firstId: 1, endId: 1, missing: new Set(), candlesBefore: START, missingCandles: new Set(), serverTime: Date.now, down: false, silent: false,
    depth: () => ({ lastUpdateId: 0, bids: [], asks: [] }), requests: [], subscriptions: [], refused: new Set(), connections: sockets.clients,
    subscribed: (stream) => to(stream).length > 0 ? Promise.resolve() : new Promise((resolve) => waiting.push({ stream, resolve })),
    send(stream, data) { for (const socket of to(stream)) socket.send(JSON.stringify({ stream, data })) },
    sendRaw(text) { for (const socket of sockets.clients) socket.send(text) },
    cut() {
      for (const socket of sockets.clients) socket.terminate()
      subscribedTo.clear()
    },
    async close() {
      this.cut()
      sockets.close()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
  return exchange
}

function answer(exchange: FakeExchange, symbols: readonly string[], request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams: query } = new URL(request.url!, 'http://fake')
  exchange.requests.push(request.url!)
  const reply = (body: unknown, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
  const symbol = query.get('symbol')
  if (exchange.silent && symbol !== null) return
  if (exchange.down && symbol !== null) return reply({ code: -1, msg: 'away' }, 503)
  if (symbol !== null && !symbols.includes(symbol)) return reply({ code: -1121, msg: 'Invalid symbol.' }, 400)
  const number = (name: string, otherwise: number) => Number(query.get(name) ?? otherwise)
  switch (pathname) {
    case '/api/v3/time': return reply({ serverTime: exchange.serverTime() })
    case '/api/v3/exchangeInfo': return reply({ symbols: symbols.map((s) => ({ symbol: s, status: 'TRADING' })), rateLimits: [] })
    case '/api/v3/aggTrades': return reply(restTrades(exchange, query.get('fromId'), number('limit', 500)))
    case '/api/v3/klines': return reply(restCandles(exchange, number('startTime', START), number('endTime', START), number('limit', 500)))
    case '/api/v3/depth': return reply(exchange.depth())
    default: return reply({ code: -1, msg: 'no such path' }, 404)
  }
}

function restTrades({ firstId, endId, missing }: FakeExchange, fromId: string | null, limit: number): unknown[] {
  const rows: unknown[] = []
  for (let id = Math.max(firstId, fromId === null ? endId - limit : Number(fromId)); id < endId && rows.length < limit; id++) {
    if (!missing.has(id)) rows.push(tradeFrame(id))
  }
  return rows
}

function restCandles({ candlesBefore, missingCandles }: FakeExchange, from: number, to: number, limit: number): unknown[] {
  const rows: unknown[] = []
  for (let open = Math.ceil(from / MINUTE) * MINUTE; open <= to && open < candlesBefore && rows.length < limit; open += MINUTE) {
    if (!missingCandles.has(open)) rows.push([open, '1.0', '2.0', '0.5', '1.5', '10', open + MINUTE - 1, '15', 2, '5', '7', '0'])
  }
  return rows
}
