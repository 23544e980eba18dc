import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the fake server does instead of, or to, a good answer. */
export type Fault =
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  | { kind: 'cut' }
  | { kind: 'truncated' }
  | { kind: 'rows'; change: (rows: unknown[]) => unknown[] }

export interface FakeRequest {
  path: string
  query: URLSearchParams
  /** How many requests the server has had, this one included. */
  number: number
}

export interface FakeBinanceOptions {
  symbol?: string
  candles?: readonly FakeCandle[]
  trades?: readonly FakeTrade[]
  /** The venue's clock; default: far behind all data. */
  now?: () => number
  fault?: (request: FakeRequest) => Fault | undefined
  /** Archive files by path. */
  files?: ReadonlyMap<string, Uint8Array>
}

export interface FakeCandle { open: number; close: number; price: number }
export interface FakeTrade { id: number; time: number; price: number }

/** A small Binance for tests of the loader: the paths it uses, with faults on demand. */
export async function startFakeBinance(options: FakeBinanceOptions): Promise<{ url: string; requests: FakeRequest[]; close(): Promise<void> }> {
  const requests: FakeRequest[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://fake')
    const seen = { path: url.pathname, query: url.searchParams, number: requests.length + 1 }
    requests.push(seen)
    answer(seen, options, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}

function answer(seen: FakeRequest, options: FakeBinanceOptions, request: IncomingMessage, response: ServerResponse): void {
  const fault = options.fault?.(seen)
  if (fault?.kind === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100000' })
    response.write('[[')
    response.flushHeaders()
    setImmediate(() => request.socket.destroy())
    return
  }
  if (fault?.kind === 'status') {
    response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end(fault.body ?? '{}')
    return
  }
  if (seen.path.startsWith('/data/')) {
    sendFile(seen.path, options.files ?? new Map(), response)
    return
  }
  const good = route(seen, options)
  if (good.status !== 200) {
    response.writeHead(good.status).end(JSON.stringify(good.body))
    return
  }
  const body = JSON.stringify(fault?.kind === 'rows' ? fault.change(good.body as unknown[]) : good.body)
  response.writeHead(200, { 'content-type': 'application/json' }).end(fault?.kind === 'truncated' ? body.slice(0, -5) : body)
}

function sendFile(path: string, files: ReadonlyMap<string, Uint8Array>, response: ServerResponse): void {
  const name = path.replace(/\.CHECKSUM$/, '')
  const file = files.get(path) ?? (path !== name && files.has(name) ? checksumFile(name, files.get(name)!) : undefined)
  if (file) response.writeHead(200).end(file)
  else response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>')
}

const checksumFile = (name: string, content: Uint8Array) =>
  Buffer.from(`${createHash('sha256').update(content).digest('hex')}  ${name.split('/').at(-1)}\n`)

function route({ path, query }: FakeRequest, options: FakeBinanceOptions): { status: number; body: unknown } {
  const symbol = options.symbol ?? 'BTCUSDT'
  if (path === '/api/v3/time') return { status: 200, body: { serverTime: options.now?.() ?? Date.UTC(2030, 0, 1) } }
  if (query.get('symbol') !== null && query.get('symbol') !== symbol) return { status: 400, body: { code: -1121, msg: 'Invalid symbol.' } }
  if (path === '/api/v3/exchangeInfo') return { status: 200, body: { symbols: [{ symbol, status: 'TRADING' }] } }
  if (path === '/api/v3/klines') return { status: 200, body: klines(query, options.candles ?? []) }
  if (path === '/api/v3/aggTrades') return { status: 200, body: aggregateTrades(query, options.trades ?? []) }
  return { status: 404, body: {} }
}

const numberOf = (query: URLSearchParams, name: string, otherwise: number) => Number(query.get(name) ?? otherwise)

function klines(query: URLSearchParams, candles: readonly FakeCandle[]): unknown[] {
  const [from, to] = [numberOf(query, 'startTime', 0), numberOf(query, 'endTime', Infinity)]
  return candles.filter((c) => c.open >= from && c.open <= to).slice(0, numberOf(query, 'limit', 500)).map(klineRow)
}

export const klineRow = ({ open, close, price }: FakeCandle) => [
  open, price.toFixed(8), (price + 2).toFixed(8), (price - 1).toFixed(8), (price + 1).toFixed(8), '12.50000000',
  close - 1, '1250.00000000', 42, '6.25000000', '625.00000000', '0',
]

function aggregateTrades(query: URLSearchParams, trades: readonly FakeTrade[]): unknown[] {
  const limit = numberOf(query, 'limit', 500)
  if (!query.has('fromId') && !query.has('startTime')) return trades.slice(-limit).map(tradeRow)
  const [id, time] = [numberOf(query, 'fromId', 0), numberOf(query, 'startTime', 0)]
  return trades.filter((t) => t.id >= id && t.time >= time).slice(0, limit).map(tradeRow)
}

const tradeRow = ({ id, time, price }: FakeTrade) =>
  ({ a: id, p: price.toFixed(8), q: '0.50000000', f: id * 2, l: id * 2 + 1, T: time, m: id % 2 === 0, M: true })
