import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openScenario, type Scenario } from '../simulator-scenario.ts'
import { connectStream, until, type StreamClient } from '../stream-client.test-support.ts'

let s: Scenario
const clients: StreamClient[] = []
const connect = async (path: string) => {
  const client = await connectStream(s.simulator.wsUrl + path)
  clients.push(client)
  return client
}
beforeAll(async () => { s = await openScenario({ streamLimits: { messagesPerSecond: 0 } }) })
afterAll(() => s.simulator.close())
afterEach(() => { for (const client of clients.splice(0)) client.socket.terminate() })

const live = async () => (await s.json('/_simulator/live')) as { symbols: Record<string, { last_trade_id: number }>; frames_sent: number }

describe('streams', () => {
  it('come raw at /ws/<stream> and combined at /stream, in the form that Binance documents', async () => {
    const raw = await connect('/ws/btcusdt@aggTrade')
    const combined = await connect('/stream?streams=btcusdt@aggTrade/btcusdt@bookTicker/btcusdt@depth@100ms/btcusdt@trade')
    expect(await combined.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })).toEqual({
      result: ['btcusdt@aggTrade', 'btcusdt@bookTicker', 'btcusdt@depth@100ms', 'btcusdt@trade'], id: 1,
    })
    await raw.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })
    s.clock.time += 2_000
    const streams = ['btcusdt@aggTrade', 'btcusdt@bookTicker', 'btcusdt@depth@100ms', 'btcusdt@trade']
    await until(() => raw.messages().length > 3 && streams.every((name) => combined.data(name).length > 3))
    const decimal = expect.stringMatching(/^\d+\.\d{8}$/)
    const [trade] = raw.messages().filter((message) => 'e' in message)
    const time = expect.any(Number)
    expect(trade).toEqual({ e: 'aggTrade', E: time, s: 'BTCUSDT', a: trade!['a'], p: decimal, q: decimal, f: trade!['a'], l: trade!['a'], T: time, m: expect.any(Boolean), M: true })
    expect(combined.data('btcusdt@aggTrade')[0]).toEqual(trade)
    expect(combined.data('btcusdt@trade')[0]).toEqual({ e: 'trade', E: time, s: 'BTCUSDT', t: trade!['a'], p: trade!['p'], q: trade!['q'], T: time, m: trade!['m'], M: true })
    expect(combined.data('btcusdt@bookTicker')[0]).toEqual({ u: time, s: 'BTCUSDT', b: decimal, B: decimal, a: decimal, A: decimal })
    const level = [decimal, decimal]
    const [depth] = combined.data('btcusdt@depth@100ms')
    expect(depth).toMatchObject({ e: 'depthUpdate', E: time, s: 'BTCUSDT', U: time, u: time })
    expect([...(depth!['b'] as unknown[]), ...(depth!['a'] as unknown[])][0]).toEqual(level)
  })

  it('are taken and left by request', async () => {
    const client = await connect('/ws')
    expect(await client.ask({ method: 'SUBSCRIBE', params: ['ethusdt@aggTrade', 'ethusdt@bookTicker'], id: 1 })).toEqual({ result: null, id: 1 })
    expect(await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 2 })).toEqual({ result: ['ethusdt@aggTrade', 'ethusdt@bookTicker'], id: 2 })
    s.clock.time += 1_000
    await until(() => client.messages().some((message) => message['e'] === 'aggTrade'))
    expect(await client.ask({ method: 'UNSUBSCRIBE', params: ['ethusdt@aggTrade'], id: 'three' })).toEqual({ result: null, id: 'three' })
    const heard = client.messages().filter((message) => message['e'] === 'aggTrade').length
    const before = (await live()).symbols['ETHUSDT']!.last_trade_id
    s.clock.time += 1_000
    const tickers = client.messages().length
    await until(() => client.messages().length > tickers)
    expect((await live()).symbols['ETHUSDT']!.last_trade_id).toBeGreaterThan(before)
    await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 4 })
    expect(client.messages().filter((message) => message['e'] === 'aggTrade')).toHaveLength(heard)
  })

  it('tell their names or not, as the property says', async () => {
    const client = await connect('/ws/btcusdt@bookTicker')
    expect(await client.ask({ method: 'GET_PROPERTY', params: ['combined'], id: 1 })).toEqual({ result: false, id: 1 })
    expect(await client.ask({ method: 'SET_PROPERTY', params: ['combined', true], id: 2 })).toEqual({ result: null, id: 2 })
    s.clock.time += 1_000
    await until(() => client.data('btcusdt@bookTicker').length > 0)
  })

  it('that the venue lacks are taken in silence, as Binance does, and harm no other', async () => {
    const client = await connect('/stream')
    const params = ['nosuch@aggTrade', 'btcusdt@nothing', 'BTCUSDT@aggTrade', 'btcusdt@aggTrade']
    expect(await client.ask({ method: 'SUBSCRIBE', params, id: 1 })).toEqual({ result: null, id: 1 })
    s.clock.time += 1_000
    await until(() => client.data('btcusdt@aggTrade').length > 0)
    expect(new Set(client.messages().flatMap(({ stream }) => stream ?? []))).toEqual(new Set(['btcusdt@aggTrade']))
  })

  it.each([
    ['{', { error: { code: 3, msg: expect.stringContaining('Invalid JSON') } }],
    ['[1]', { error: { code: 2, msg: expect.stringContaining('Invalid request') } }],
    ['{"method":"SUBSCRIBE","params":["btcusdt@aggTrade"]}', { error: { code: 2, msg: 'Invalid request: request ID must be an unsigned integer' } }],
    ['{"method":"SUBSCRIBE","params":["btcusdt@aggTrade"],"id":-1}', { error: { code: 2, msg: 'Invalid request: request ID must be an unsigned integer' } }],
    ['{"id":7}', { error: { code: 2, msg: expect.stringContaining('missing field `method`') }, id: 7 }],
    ['{"method":"LISTEN","id":7}', { error: { code: 2, msg: expect.stringContaining('unknown variant `LISTEN`, expected one of `SUBSCRIBE`') }, id: 7 }],
    ['{"method":"SUBSCRIBE","params":"btcusdt@aggTrade","id":7}', { error: { code: 2, msg: expect.stringContaining('list of stream names') }, id: 7 }],
    ['{"method":"SET_PROPERTY","params":["combined",1],"id":7}', { error: { code: 1, msg: 'Invalid value type: expected Boolean' }, id: 7 }],
    ['{"method":"GET_PROPERTY","params":["speed"],"id":7}', { error: { code: 0, msg: 'Unknown property' }, id: 7 }],
    ['{"method":"GET_PROPERTY","params":[7],"id":7}', { error: { code: 2, msg: 'Invalid request: property name must be a string' }, id: 7 }],
  ])('answers %s with an error and goes on', async (text, answer) => {
    const client = await connect('/ws')
    client.send(text)
    await until(() => client.texts.length > 0)
    expect(client.messages()).toEqual([answer])
    expect(await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 8 })).toEqual({ result: [], id: 8 })
  })
})

describe('candles', () => {
  it('come open, then closed once, and are then the ones of REST', async () => {
    const open = Math.ceil(s.clock.time / 60_000) * 60_000
    s.clock.time = open
    const client = await connect('/stream?streams=btcusdt@kline_1m/btcusdt@kline_5m/btcusdt@aggTrade')
    await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })
    s.clock.time = open + 30_000
    await until(() => client.data('btcusdt@kline_1m').length > 10)
    s.clock.time = open + 6 * 60_000
    const closedOf = (stream: string) => client.data(stream).map(({ k }) => k as Record<string, unknown>).filter(({ x }) => x === true)
    // The minute before may close while the streams begin.
    const minutesClosed = () => closedOf('btcusdt@kline_1m').filter(({ t }) => (t as number) >= open)
    await until(() => minutesClosed().length >= 6 && closedOf('btcusdt@kline_5m').length >= 1)
    const minutes = minutesClosed()
    expect(minutes.map(({ t }) => t)).toEqual(Array.from({ length: 6 }, (_, k) => open + k * 60_000))
    const rest = await s.json(`/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime=${open}&limit=6`)
    expect(minutes.map(({ t, o, h, l, c, v, T, q, n, V, Q, B }) => [t, o, h, l, c, v, T, q, n, V, Q, B])).toEqual(rest)
    const trades = client.data('btcusdt@aggTrade').filter((trade) => (trade['T'] as number) >= open && (trade['T'] as number) < open + 60_000)
    expect([minutes[0]!['n'], minutes[0]!['f'], minutes[0]!['L'], minutes[0]!['o'], minutes[0]!['c']])
      .toEqual([trades.length, trades[0]!['a'], trades.at(-1)!['a'], trades[0]!['p'], trades.at(-1)!['p']])
    const opened = client.data('btcusdt@kline_1m').map(({ k }) => k as Record<string, unknown>).filter(({ x, t }) => x === false && t === open)
    const counts = opened.map(({ n }) => n as number)
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
  })
})

// Last: the clock that was paused is behind the scenario's from then on.
describe('what the venue says that it told', () => {
  it('is what came, once it is paused', async () => {
    const toldSoFar = async () => (await s.json('/_simulator/live') as { streams: Record<string, number> }).streams
    const before = await toldSoFar()
    const client = await connect('/stream?streams=ethusdt@aggTrade/ethusdt@bookTicker')
    await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })
    s.clock.time += 30_000
    await until(() => client.data('ethusdt@aggTrade').length > 50)
    const pause = (paused: unknown) => fetch(`${s.simulator.url}/_simulator/live`, { method: 'POST', body: JSON.stringify({ paused }) })
    expect(await (await pause(true)).json()).toMatchObject({ paused: true })
    const truth = await toldSoFar()
    s.clock.time += 30_000
    expect(await toldSoFar()).toEqual(truth)
    const channels = ['aggTrade', 'bookTicker']
    const told = channels.map((channel) => truth[`ETHUSDT@${channel}`]! - (before[`ETHUSDT@${channel}`] ?? 0))
    const came = () => channels.map((channel) => client.data(`ethusdt@${channel}`).length)
    await until(() => came()[0]! >= told[0]! && came()[1]! >= told[1]!)
    expect(came()).toEqual(told)
    expect((await pause('no')).status).toBe(422)
    expect(await (await pause(false)).json()).toMatchObject({ paused: false })
  })
})
