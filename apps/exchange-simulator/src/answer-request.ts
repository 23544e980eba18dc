import type { IncomingMessage } from 'node:http'
import type { RecordedStocks } from '@streamforge/market'
import { archives, notFound, parseArchivePath } from './archives.ts'
import { BinanceError } from './binance-error.ts'
import { BinanceParameters } from './binance-parameters.ts'
import { binanceEndpoints, type Exchange } from './binance-rest.ts'
import { answerCoinbase, coinbaseSymbol } from './coinbase-rest.ts'
import type { Faults, Misfortune } from './faults.ts'
import type { LiveState } from './live-api.ts'
import { jsonReply, type Reply } from './reply.ts'
import { answerSimulatorApi } from './simulator-api.ts'
import type { StatsKeeper } from './stats.ts'
import type { Spent, WeightWindow } from './weight-window.ts'
import { answerYahoo, yahooSymbol } from './yahoo-rest.ts'

export interface Simulation {
  readonly exchange: Exchange
  /** Read when first asked for; undefined: there are none. */
  readonly stocks: (() => Promise<RecordedStocks>) | undefined
  readonly live: LiveState
  readonly faults: Faults
  readonly stats: StatsKeeper
  readonly binanceWeight: WeightWindow
  readonly coinbaseWeight: WeightWindow
  readonly wait: (ms: number) => Promise<void>
}

/** An answer and what the line does to it. */
export interface Answer extends Reply {
  /** A name for the statistics that does not grow with symbols and dates. */
  readonly route: string
  readonly damage: 'none' | 'cut' | 'truncate'
}

/** Turns requests into answers: the control API, archives, Binance's REST paths, Yahoo's charts, Coinbase's. */
export function requestAnswerer(simulation: Simulation): (request: IncomingMessage) => Promise<Answer> {
  const archive = archives(simulation.exchange)
  return async (request) => {
    const url = request.url ?? '/'
    const mark = url.indexOf('?')
    const path = mark < 0 ? url : url.slice(0, mark)
    const query = mark < 0 ? '' : url.slice(mark + 1)
    if (path.startsWith('/_simulator')) {
      return { ...(await answerSimulatorApi(request, path, query, simulation)), route: path, damage: 'none' }
    }
    const address = request.socket.remoteAddress ?? 'unknown'
    if (path.startsWith('/data/')) return archiveAnswer(simulation, archive, path)
    if (/^\/[fd]?api\//.test(path)) return binanceAnswer(simulation, path, query, address)
    if (yahooSymbol(path) !== undefined) return yahooAnswer(simulation, path, query)
    return coinbaseAnswer(simulation, path, query, address)
  }
}

const damageOf = ({ cut, truncate }: Misfortune) => (cut ? 'cut' : truncate ? 'truncate' : 'none')

async function archiveAnswer({ faults, wait }: Simulation, archive: ReturnType<typeof archives>, path: string): Promise<Answer> {
  const parsed = parseArchivePath(path)
  const misfortune = faults.forRequest({ path, symbol: parsed?.symbol, archive: true })
  if (misfortune.delayMs > 0) await wait(misfortune.delayMs)
  const { refusal } = misfortune
  const reply = refusal ? plainRefusal(refusal) : parsed ? await archive.answer(parsed, misfortune) : notFound
  return { ...reply, route: '/data', damage: damageOf(misfortune) }
}

async function binanceAnswer(simulation: Simulation, path: string, query: string, address: string): Promise<Answer> {
  const { exchange, faults, stats, wait } = simulation
  const endpoint = binanceEndpoints.get(path)
  const symbol = /(?:^|&)symbol=([^&]*)/.exec(query)?.[1]
  const misfortune = faults.forRequest({ path, symbol, archive: false })
  if (misfortune.delayMs > 0) await wait(misfortune.delayMs)
  const finish = (reply: Reply): Answer => ({ ...reply, route: endpoint ? path : 'unknown', damage: damageOf(misfortune) })
  if (!endpoint) return finish({ status: 404, headers: { 'content-type': 'text/html' }, body: Buffer.from('<html><body><h2>404 Not found</h2></body></html>') })
  const weight = typeof endpoint.weight === 'number' ? endpoint.weight : endpoint.weight(query)
  const spent = simulation.binanceWeight.spend(address, weight)
  const headers = { 'x-mbx-used-weight': String(spent.used), 'x-mbx-used-weight-1m': String(spent.used) }
  const refused = misfortune.refusal ? injected(misfortune.refusal, exchange.now()) : spent.allowed ? undefined : spent
  if (refused) return finish(binanceRefusal(refused, exchange.weightLimit, headers))
  stats.weight(weight)
  try {
    const reply = await endpoint.answer(exchange, new BinanceParameters(query, endpoint.parameters), misfortune)
    return finish({ ...reply, headers: { ...reply.headers, ...headers } })
  } catch (error) {
    if (error instanceof BinanceError) return finish(error.reply(headers))
    throw error
  }
}

type Refusal = Extract<Spent, { allowed: false }>

/** A fault in the form of a refusal by weight; a status from 500 on is no refusal but an answer of its own. */
function injected(refusal: NonNullable<Misfortune['refusal']>, now: number): Refusal | Reply {
  if (refusal.kind === 'server_error') return plainRefusal(refusal)
  const seconds = refusal.retry_after
  const common = { allowed: false, used: 0, retryAfterSeconds: seconds } as const
  return refusal.kind === 'ban' ? { ...common, status: 418, bannedUntil: Math.floor(now) + seconds * 1000 } : { ...common, status: 429 }
}

function binanceRefusal(refused: Refusal | Reply, limit: number, headers: Record<string, string>): Reply {
  if ('body' in refused) return { ...refused, headers: { ...refused.headers, ...headers } }
  const advice = 'Please use WebSocket Streams for live updates to avoid'
  const message = refused.status === 418
    ? `Way too much request weight used; IP banned until ${refused.bannedUntil}. ${advice} bans.`
    : `Too much request weight used; current limit is ${limit} request weight per 1 MINUTE. ${advice} polling the API.`
  return new BinanceError(-1003, message, refused.status).reply({ ...headers, 'retry-after': String(refused.retryAfterSeconds) })
}

async function coinbaseAnswer(simulation: Simulation, path: string, query: string, address: string): Promise<Answer> {
  const { exchange, faults, coinbaseWeight, wait } = simulation
  const misfortune = faults.forRequest({ path, symbol: coinbaseSymbol(path), archive: false })
  if (misfortune.delayMs > 0) await wait(misfortune.delayMs)
  const finish = (reply: Reply): Answer => ({ ...reply, route: 'coinbase', damage: damageOf(misfortune) })
  if (misfortune.refusal) return finish(plainRefusal(misfortune.refusal))
  if (!coinbaseWeight.spend(address, 1).allowed) return finish(jsonReply({ message: 'Public rate limit exceeded' }, 429))
  return finish((await answerCoinbase(exchange, path, query, misfortune)) ?? jsonReply({ message: 'Route not found' }, 404))
}

async function yahooAnswer({ exchange, stocks, faults, wait }: Simulation, path: string, query: string): Promise<Answer> {
  const symbol = yahooSymbol(path)!
  const misfortune = faults.forRequest({ path, symbol, archive: false })
  if (misfortune.delayMs > 0) await wait(misfortune.delayMs)
  const reply = misfortune.refusal ? plainRefusal(misfortune.refusal) : answerYahoo(await stocks?.() ?? noStocks, symbol, query, exchange.now(), misfortune.holes)
  return { ...reply, route: '/v8/finance/chart', damage: damageOf(misfortune) }
}

const noStocks: RecordedStocks = { tickers: [], stock: () => undefined }

function plainRefusal(refusal: NonNullable<Misfortune['refusal']>): Reply {
  if (refusal.kind === 'server_error') {
    return { status: refusal.status, headers: { 'content-type': 'text/html' }, body: Buffer.from(`<html><body><h1>${refusal.status}</h1></body></html>`) }
  }
  const status = refusal.kind === 'ban' ? 418 : 429
  return jsonReply({ message: 'Public rate limit exceeded' }, status, { 'retry-after': String(refusal.retry_after) })
}
