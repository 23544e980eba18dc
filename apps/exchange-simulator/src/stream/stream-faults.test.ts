import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openScenario, type Scenario } from '../simulator-scenario.ts'
import { connectStream, until, type StreamClient } from '../stream-client.test-support.ts'

let s: Scenario
beforeEach(async () => { s = await openScenario({ streamLimits: { pingMs: 20, pongTimeoutMs: 60_000, messagesPerSecond: 0 } }) })
afterEach(() => s.simulator.close())

const trades = async (path = '/stream?streams=btcusdt@aggTrade') => {
  const client = await connectStream(s.simulator.wsUrl + path)
  await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })
  return client
}
const ids = (client: StreamClient) => client.data('btcusdt@aggTrade').map(({ a }) => a as number)
const sent = async () => ((await s.json('/_simulator/live')) as { symbols: Record<string, { messages: Record<string, number>; last_trade_id: number }> }).symbols['BTCUSDT']!
/** Lets a second pass and waits until the last trade of it, or a later one, is heard. */
const second = async (client: StreamClient) => {
  s.clock.time += 1_000
  const { last_trade_id } = await sent()
  await until(() => Math.max(...ids(client)) >= last_trade_id)
}

describe('faults of frames', () => {
  it('drop, seeded, only what matches', async () => {
    const run = async () => {
      const client = await trades('/stream?streams=btcusdt@aggTrade/btcusdt@bookTicker')
      await fetch(`${s.simulator.url}/_simulator/faults`, { method: 'DELETE' })
      const body = JSON.stringify({ seed: 3, faults: [{ kind: 'ws_drop', probability: 0.3, stream: '@aggTrade' }] })
      expect((await fetch(`${s.simulator.url}/_simulator/faults`, { method: 'POST', body })).status).toBe(201)
      const before = await sent()
      s.clock.time += 5_000
      const after = await sent()
      await fetch(`${s.simulator.url}/_simulator/faults`, { method: 'DELETE' })
      await second(client)
      client.socket.terminate()
      const [first, last] = [before.last_trade_id, after.last_trade_id]
      const heard = ids(client).filter((id) => id > first && id <= last)
      expect(client.data('btcusdt@bookTicker').length).toBeGreaterThanOrEqual(after.messages['bookTicker']! - (before.messages['bookTicker'] ?? 0))
      return Array.from({ length: 20 }, (_, k) => heard.includes(first + 1 + k))
    }
    const first = await run()
    expect(first).toContain(false)
    expect(first).toContain(true)
    expect(await run()).toEqual(first)
  })

  it('double', async () => {
    await s.faults({ kind: 'ws_duplicate', times: 2, count: 1 })
    const client = await trades()
    await second(client)
    const [first, ...rest] = ids(client)
    expect(rest.filter((id) => id === first)).toHaveLength(2)
    expect(new Set(ids(client)).size).toBe(ids(client).length - 2)
  })

  it('reorder', async () => {
    await s.faults({ kind: 'ws_reorder', by: 3, count: 1 })
    const client = await trades()
    await second(client)
    const heard = ids(client)
    const first = Math.min(...heard)
    expect(heard.slice(0, 5)).toEqual([first + 1, first + 2, first + 3, first, first + 4])
  })

  it('delay, and all behind it on the same connection', async () => {
    await s.faults({ kind: 'ws_delay', delay_ms: 300, after: 2, count: 1 })
    const client = await trades()
    s.clock.time += 1_000
    const { last_trade_id } = await sent()
    await until(() => ids(client).length >= 2)
    const early = ids(client).length
    await until(() => ids(client).includes(last_trade_id))
    expect(early).toBe(2)
    const heard = ids(client)
    expect(heard).toEqual(heard.toSorted((a, b) => a - b))
    expect(new Set(heard).size).toBe(heard.length)
  })

  it('send garbage besides, and half of the JSON instead', async () => {
    await s.faults({ kind: 'ws_garbage', count: 1 }, { kind: 'ws_truncate', after: 1, count: 1 })
    const client = await trades()
    await second(client)
    const bad = client.texts.filter((text) => {
      try {
        return !JSON.parse(text)
      } catch {
        return true
      }
    })
    expect(bad).toHaveLength(2)
    expect(bad[1]).toMatch(/^\{"stream":"btcusdt@aggTrade"/)
    const heard = ids(client)
    expect(heard[1]! - heard[0]!).toBe(2)
  })

  it('cut, by chance and at once, only whom it is about', async () => {
    const [one, other] = [await trades(), await trades('/stream?streams=ethusdt@aggTrade')]
    await s.faults({ kind: 'ws_cut', stream: 'btcusdt@aggTrade', after: 1, count: 1 })
    s.clock.time += 1_000
    expect(await one.closed).toBe(1006)
    expect(ids(one)).toHaveLength(1)
    const again = await trades()
    await s.faults({ kind: 'ws_cut', now: true, symbol: 'BTCUSDT' })
    expect(await again.closed).toBe(1006)
    expect(other.socket.readyState).toBe(other.socket.OPEN)
    await s.faults({ kind: 'ws_cut', now: true })
    expect(await other.closed).toBe(1006)
    expect(s.simulator.stats().faults).toEqual({ ws_cut: 3 })
  })
})

describe('faults of connections', () => {
  it('refuse for a time or so often', async () => {
    await s.faults({ kind: 'ws_refuse', count: 2 })
    await expect(trades()).rejects.toThrow('503')
    await expect(trades()).rejects.toThrow('503')
    await trades()
    await s.faults({ kind: 'ws_refuse', for_ms: 150, status: 502 })
    await expect(trades()).rejects.toThrow('502')
    const deadline = performance.now() + 10_000
    let client: StreamClient | undefined
    while (!client && performance.now() < deadline) client = await trades().catch(() => undefined)
    expect(client).toBeDefined()
  })

  it('stop pinging, and stop answering pings', async () => {
    const client = await trades()
    let [pings, pongs] = [0, 0]
    client.socket.on('ping', () => pings++).on('pong', () => pongs++)
    await until(() => pings > 1)
    client.socket.ping()
    await until(() => pongs === 1)
    await s.faults({ kind: 'ws_no_pong' })
    client.socket.ping()
    client.socket.ping()
    await until(() => s.simulator.stats().faults.ws_no_pong === 2)
    await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 2 })
    expect(pongs).toBe(1)
    await s.faults({ kind: 'ws_no_ping' })
    await until(() => (s.simulator.stats().faults.ws_no_ping ?? 0) > 0)
    await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 3 })
    const heard = pings
    await until(() => (s.simulator.stats().faults.ws_no_ping ?? 0) > 3)
    await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 4 })
    expect(pings).toBe(heard)
  })
})
