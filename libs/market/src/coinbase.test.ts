import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Candle, Trade } from '@streamforge/contracts'
import { afterEach, describe, expect, it } from 'vitest'
import { candlePages } from './candle-pages.ts'
import { coinbase } from './coinbase.ts'
import { locateTrades, readTrades } from './trade-pages.ts'

const START = Date.UTC(2023, 2, 10)
const MINUTE = 60_000
const TRADES = 5000
const tradeTime = (id: number) => START + id * 250

/** Coinbase's way: both ends included, newest first, at most 300 candles; trades backwards from `after`. */
function answer(url: URL, listedFrom: number, missing: (time: number) => boolean): [number, unknown] {
  const query = (name: string) => url.searchParams.get(name)
  if (url.pathname === '/time') return [200, { iso: new Date(START).toISOString(), epoch: Date.UTC(2024, 0, 1) / 1000 }]
  if (url.pathname === '/products') return [200, [{ id: 'BTC-USD', status: 'online' }, { id: 'ETH-EUR', status: 'delisted' }]]
  if (url.pathname === '/products/BTC-USD/candles') {
    const length = Number(query('granularity')) * 1000
    const [from, to] = [Date.parse(query('start')!), Date.parse(query('end')!)]
    if ((to - from) / length > 300) return [400, { message: 'granularity too small for the requested time range. Count of aggregations requested exceeds 300' }]
    const rows: unknown[] = []
    for (let t = Math.ceil(from / length) * length; t <= to; t += length) {
      const minutes = Array.from({ length: length / MINUTE }, (_, i) => t + i * MINUTE)
      if (minutes.some((m) => m >= listedFrom && !missing(m))) rows.unshift([t / 1000, 1, 4, 2, 3, 10.5])
    }
    return [200, rows]
  }
  if (url.pathname === '/products/BTC-USD/trades') {
    const before = Math.min(TRADES, Number(query('after') ?? TRADES + 1) - 1)
    const ids = Array.from({ length: Number(query('limit')) }, (_, i) => before - i).filter((id) => id > 0)
    return [200, ids.map((id) => ({ time: new Date(tradeTime(id)).toISOString().replace('Z', '123Z'), trade_id: id, price: '20000.10', size: '0.5', side: id % 2 ? 'buy' : 'sell' }))]
  }
  return [404, { message: 'NotFound' }]
}

let server: Server | undefined
async function open(listedFrom = 0, missing: (time: number) => boolean = () => false) {
  server = createServer((request, response) => {
    const [status, body] = answer(new URL(request.url!, 'http://fake'), listedFrom, missing)
    response.writeHead(status).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  return coinbase.open({ urls: { rest: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, weightLimit: 0 })
}
afterEach(() => { server?.closeAllConnections(); server?.close() })

const times = async (client: ReturnType<typeof coinbase.open>, from: number, to: number, interval: '1m' | '5m' = '1m') => {
  const found: Candle[] = []
  for await (const page of candlePages(client, { symbol: 'BTCUSD', interval, from, to, source: 'auto', closedBefore: to, ahead: 3 })) found.push(...page.candles)
  for (const candle of found) expect(Candle.safeParse(candle).success).toBe(true)
  return found.map((c) => c.open_time)
}

describe('coinbase', () => {
  it('reads candles over many pages, oldest first', async () => {
    const client = await open()
    expect(await times(client, START, START + 1000 * MINUTE)).toEqual(Array.from({ length: 1000 }, (_, i) => START + i * MINUTE))
    await client.close()
  })

  it('finds the first candle after years without any', async () => {
    const listed = START + 7 * 60 * MINUTE
    const client = await open(listed)
    const request = { symbol: 'BTCUSD', interval: '1m' as const, to: START + 86_400_000 }
    expect(await client.firstCandleTime({ ...request, from: Date.UTC(2015, 0, 1) })).toBe(listed)
    expect(await client.firstCandleTime({ ...request, from: Date.UTC(2015, 0, 1), to: listed })).toBeUndefined()
    await client.close()
  })

  it('crosses a hole', async () => {
    const client = await open(0, (t) => t >= START + 100 * MINUTE && t < START + 3000 * MINUTE)
    const found = await times(client, START, START + 3100 * MINUTE)
    expect(found).toHaveLength(200)
    expect(found[100]).toBe(START + 3000 * MINUTE)
    await client.close()
  })

  it('finds the ids of a time range by bisection and reads the trades', async () => {
    const client = await open()
    const ids = await locateTrades(client, 'BTCUSD', { from: tradeTime(1000), to: tradeTime(3500) })
    expect(ids).toEqual({ firstId: 1000, endId: 3500 })
    const { trades } = await readTrades(client, { symbol: 'BTCUSD', fromId: 1000, toId: 3500 })
    expect(trades.map((t) => t.trade_id)).toEqual(Array.from({ length: 2500 }, (_, i) => 1000 + i))
    expect(Trade.safeParse(trades[0]).success).toBe(true)
    expect(trades[1]).toMatchObject({ trade_id: 1001, price: 20000.1, quantity: 0.5, buyer_maker: true, event_time: tradeTime(1001) })
    await client.close()
  })

  it('ends at the last trade, and knows a range without trades', async () => {
    const client = await open()
    expect(await locateTrades(client, 'BTCUSD', { from: tradeTime(4000) + 1, to: START + 86_400_000 })).toEqual({ firstId: 4001, endId: 5001 })
    expect(await locateTrades(client, 'BTCUSD', { from: START + 80_000_000, to: START + 86_400_000 })).toBeUndefined()
    expect(await locateTrades(client, 'BTCUSD', { from: START - 1000, to: START })).toBeUndefined()
    await client.close()
  })

  it('refuses products and intervals that it does not have', async () => {
    const client = await open()
    await expect(client.instrument('NOPE')).rejects.toMatchObject({ code: 'UNKNOWN_SYMBOL' })
    await expect(client.instrument('ETHEUR')).resolves.toEqual({ symbol: 'ETHEUR', status: 'delisted' })
    await expect(client.candlePage({ symbol: 'BTCUSD', interval: '3m', from: START, to: START + 1 })).rejects.toMatchObject({ code: 'UNKNOWN_TYPE' })
    await client.close()
  })
})
