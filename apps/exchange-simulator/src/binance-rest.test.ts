import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { fiveMinutes, openScenario, type Scenario } from './simulator-scenario.ts'

let s: Scenario
beforeAll(async () => { s = await openScenario() })
afterAll(() => s.simulator.close())
afterEach(() => { s.clock.time = s.to })

describe('GET /api/v3/klines', () => {
  it('has the form that Binance documents', async () => {
    const [row] = await s.klines(`startTime=${s.from}&limit=1`)
    expect(row).toEqual([
      s.from, ...Array(5).fill(expect.stringMatching(/^\d+\.\d{8}$/)), s.from + fiveMinutes - 1, expect.stringMatching(/^\d+\.\d{8}$/),
      expect.any(Number), expect.stringMatching(/^\d+\.\d{8}$/), expect.stringMatching(/^\d+\.\d{8}$/), '0',
    ])
  })

  it('includes both ends, begins at the start, and without one ends at the end', async () => {
    const opens = async (query: string) => (await s.klines(query)).map((row) => (row[0] - s.from) / fiveMinutes)
    expect(await opens(`startTime=${s.from}&endTime=${s.from + 2 * fiveMinutes}`)).toEqual([0, 1, 2])
    expect(await opens(`startTime=${s.from + 1}&endTime=${s.from + 2 * fiveMinutes - 1}`)).toEqual([1])
    expect(await opens(`endTime=${s.from + 5 * fiveMinutes}&limit=3`)).toEqual([3, 4, 5])
    expect(await opens('limit=2')).toEqual([4 * 288 - 2, 4 * 288 - 1])
    expect(await opens(`startTime=${s.to}`)).toEqual([])
    expect(await opens(`startTime=${s.from + fiveMinutes}&endTime=${s.from}`)).toEqual([])
  })

  it('answers 500 rows, at most 1000', async () => {
    expect(await s.klines(`startTime=${s.from}`)).toHaveLength(500)
    expect(await s.klines(`startTime=${s.from}&limit=5000`)).toHaveLength(1000)
    expect(await s.json(`/api/v3/uiKlines?symbol=BTCUSDT&interval=5m&startTime=${s.from}`)).toEqual(await s.klines(`startTime=${s.from}`))
  })

  it('shows nothing of the future, and of the open candle what has happened', async () => {
    const open = s.from + 10 * fiveMinutes
    s.clock.time = open + 200_000
    const [closed, early] = await s.klines('limit=2')
    expect([closed![0], early![0], early![6]]).toEqual([open - fiveMinutes, open, open + fiveMinutes - 1])
    s.clock.time = open + 280_000
    const [, late] = await s.klines(`startTime=${open - fiveMinutes}`)
    s.clock.time = s.to
    const [final] = await s.klines(`startTime=${open}&limit=1`)
    const volume = (row: typeof final) => Number(row![5])
    expect(volume(early)).toBeLessThan(volume(late))
    expect(volume(late)).toBeLessThan(volume(final))
    expect(early![1]).toBe(final![1])
    s.clock.time = open
    expect((await s.klines(`startTime=${open - fiveMinutes}`)).map((row) => row[0])).toEqual([open - fiveMinutes])
  })

  it.each([
    ['', -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."],
    ['symbol=BTCUSDT', -1102, "Mandatory parameter 'interval' was not sent, was empty/null, or malformed."],
    ['symbol=&interval=5m', -1105, "Parameter 'symbol' was empty."],
    ['symbol=btcusdt&interval=5m', -1100, "Illegal characters found in parameter 'symbol'; legal range is '^[A-Z0-9-_.]{1,20}$'."],
    ['symbol=NOSUCH&interval=5m', -1121, 'Invalid symbol.'],
    ['symbol=BTCUSDT&interval=7m', -1120, 'Invalid interval.'],
    ['symbol=BTCUSDT&interval=5m&startTime=soon', -1100, "Illegal characters found in parameter 'startTime'; legal range is '^[0-9]{1,20}$'."],
    ['symbol=BTCUSDT&interval=5m&limit=-1', -1100, "Illegal characters found in parameter 'limit'; legal range is '^[0-9]{1,20}$'."],
    ['symbol=BTCUSDT&interval=5m&limit=0', -1130, "Data sent for parameter 'limit' is not valid."],
    ['symbol=BTCUSDT&interval=5m&from=1', -1104, "Not all sent parameters were read; read '2' parameter(s) but was sent '3'."],
    ['symbol=BTCUSDT&symbol=BTCUSDT&interval=5m', -1101, "Duplicate values for parameter 'symbol' detected."],
  ])('refuses ?%s with %i', async (query, code, msg) => {
    const response = await s.get(`/api/v3/klines?${query}`)
    expect([response.status, await response.json()]).toEqual([400, { code, msg }])
  })
})

describe('GET /api/v3/aggTrades', () => {
  interface AggregateTrade { a: number; T: number }
  const trades = async (query: string) => (await s.json(`/api/v3/aggTrades?symbol=BTCUSDT&${query}`)) as AggregateTrade[]

  it('has the form that Binance documents, and contiguous ids', async () => {
    const page = await trades(`startTime=${s.from}&limit=1000`)
    const decimal = expect.stringMatching(/^\d+\.\d{8}$/)
    expect(page[0]).toEqual({ a: page[0]!.a, p: decimal, q: decimal, f: page[0]!.a, l: page[0]!.a, T: page[0]!.T, m: expect.any(Boolean), M: true })
    expect(page.map((t) => t.a)).toEqual(Array.from({ length: 1000 }, (_, k) => page[0]!.a + k))
    const next = await trades(`fromId=${page[10]!.a}&limit=5`)
    expect(next).toEqual(page.slice(10, 15))
  })

  it('includes both ends of time, and shows the newest without parameters', async () => {
    const page = await trades(`startTime=${s.from}&limit=20`)
    const between = await trades(`startTime=${page[3]!.T}&endTime=${page[9]!.T}`)
    expect([between[0]!.T, between.at(-1)!.T]).toEqual([page[3]!.T, page[9]!.T])
    const newest = await trades('limit=2')
    expect(await trades(`fromId=${newest[1]!.a + 1}`)).toEqual([])
    expect(newest[1]!.a - newest[0]!.a).toBe(1)
    s.clock.time = page[5]!.T + 1
    expect(await trades(`startTime=${s.from}`)).toEqual(page.slice(0, page.filter((t) => t.T <= page[5]!.T).length))
  })

  it('refuses an id together with a time', async () => {
    const response = await s.get('/api/v3/aggTrades?symbol=BTCUSDT&fromId=1&startTime=1')
    expect([response.status, await response.json()]).toEqual([400, { code: -1128, msg: 'Combination of optional parameters invalid.' }])
  })

  it('has the same trades singly', async () => {
    const [aggregate] = await trades(`startTime=${s.from}&limit=1`)
    const [single] = (await s.json(`/api/v3/historicalTrades?symbol=BTCUSDT&fromId=${aggregate!.a}&limit=1`)) as Record<string, unknown>[]
    expect(single).toMatchObject({ id: aggregate!.a, time: aggregate!.T, isBestMatch: true })
  })
})

describe('the rest of the API', () => {
  it('tells the time, the symbols and the limits', async () => {
    expect(await s.json('/api/v3/ping')).toEqual({})
    expect(await s.json('/api/v3/time')).toEqual({ serverTime: s.to })
    const info = (await s.json('/api/v3/exchangeInfo')) as { symbols: { symbol: string; status: string; baseAsset: string }[] }
    expect(info.symbols.map(({ symbol, status, baseAsset }) => [symbol, status, baseAsset])).toEqual([['BTCUSDT', 'TRADING', 'BTC'], ['ETHUSDT', 'TRADING', 'ETH']])
    const one = (await s.json('/api/v3/exchangeInfo?symbols=%5B%22ETHUSDT%22%5D')) as typeof info
    expect(one.symbols.map(({ symbol }) => symbol)).toEqual(['ETHUSDT'])
    expect(await s.json('/api/v3/exchangeInfo?symbol=NOSUCH')).toEqual({ code: -1121, msg: 'Invalid symbol.' })
    expect((await s.get('/api/v3/nothing')).status).toBe(404)
  })

  it('counts weight, refuses beyond the limit and bans', async () => {
    const strict = await openScenario({ weightLimit: 30, banAfter: 1 })
    try {
      strict.clock.time = strict.to + 20_000
      const first = await strict.get('/api/v3/exchangeInfo')
      expect(first.headers.get('x-mbx-used-weight-1m')).toBe('20')
      expect(((await first.json()) as { rateLimits: unknown[] }).rateLimits[0]).toEqual({ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 30 })
      const klines = () => strict.get('/api/v3/klines?symbol=BTCUSDT&interval=5m&limit=1')
      for (let k = 1; k <= 5; k++) expect((await klines()).headers.get('x-mbx-used-weight')).toBe(String(20 + 2 * k))
      const refused = await klines()
      expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('x-mbx-used-weight-1m')]).toEqual([429, '40', '30'])
      expect(await refused.json()).toEqual({
        code: -1003, msg: 'Too much request weight used; current limit is 30 request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.',
      })
      const banned = await klines()
      expect([banned.status, banned.headers.get('retry-after')]).toEqual([418, '120'])
      expect(await banned.json()).toEqual({
        code: -1003, msg: `Way too much request weight used; IP banned until ${strict.clock.time + 120_000}. Please use WebSocket Streams for live updates to avoid bans.`,
      })
      strict.clock.time += 120_000
      expect((await klines()).status).toBe(200)
      expect(strict.simulator.stats()).toMatchObject({ requests: 9, weight: 32, by_status: { 200: 7, 429: 1, 418: 1 } })
    } finally {
      await strict.simulator.close()
    }
  })
})
