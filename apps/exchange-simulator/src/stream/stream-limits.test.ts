import { afterEach, describe, expect, it, vi } from 'vitest'
import { openScenario, type Scenario } from '../simulator-scenario.ts'
import { connectStream } from '../stream-client.test-support.ts'
import type { StreamLimits } from './stream-connection.ts'

let s: Scenario
const open = async (streamLimits: StreamLimits) => {
  s = await openScenario({ streamLimits })
  return s.simulator.wsUrl
}
afterEach(() => s.simulator.close())

describe('the venue ends or refuses a connection', () => {
  it('that has more than 1024 streams', async () => {
    const url = await open({ messagesPerSecond: 0 })
    const names = (count: number) => Array.from({ length: count }, (_, k) => `x${k}@aggTrade`)
    const client = await connectStream(`${url}/stream?streams=${names(500).join('/')}`)
    expect(await client.ask({ method: 'SUBSCRIBE', params: names(1024), id: 1 })).toEqual({ result: null, id: 1 })
    expect(await client.ask({ method: 'SUBSCRIBE', params: ['one@aggTrade'], id: 2 })).toMatchObject({ error: { code: 2 }, id: 2 })
    expect(await client.ask({ method: 'SUBSCRIBE', params: names(1025), id: 3 })).toMatchObject({ error: { msg: 'Invalid request: too many parameters' } })
    await expect(connectStream(`${url}/stream?streams=${names(1025).join('/')}`)).rejects.toThrow('400')
  })

  it('that sends more than five messages in a second, pings too', async () => {
    const client = await connectStream(`${await open({})}/ws`)
    for (let k = 0; k < 14; k++) {
      if (k % 2) client.socket.ping()
      else client.send({ method: 'LIST_SUBSCRIPTIONS', id: k })
    }
    expect(await client.closed).toBe(1008)
  })

  it('tried too often', async () => {
    const url = await open({ connectionAttempts: 3 })
    for (let k = 0; k < 3; k++) (await connectStream(`${url}/ws`)).socket.terminate()
    await expect(connectStream(`${url}/ws`)).rejects.toThrow('429')
  })

  it('whose path it does not know', async () => {
    await expect(connectStream(`${await open({})}/nothing`)).rejects.toThrow('404')
  })

  it('that does not answer pings; one that does stays', async () => {
    const url = await open({ pingMs: 20, pongTimeoutMs: 300, messagesPerSecond: 0 })
    const polite = await connectStream(`${url}/ws`)
    const silent = await connectStream(`${url}/ws`, { autoPong: false })
    expect(await silent.closed).toBe(1006)
    expect(polite.socket.readyState).toBe(polite.socket.OPEN)
  })

  it('that has lived long enough', async () => {
    const client = await connectStream(`${await open({ lifetimeMs: 50 })}/ws`)
    expect(await client.closed).toBe(1001)
  })

  it('that reads too slowly', async () => {
    const url = await open({ mostBuffered: 100_000 })
    const client = await connectStream(`${url}/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker/btcusdt@aggTrade`)
    await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })
    client.socket.pause()
    s.clock.time += 3_600_000
    await vi.waitFor(async () => expect(await s.json('/_simulator/live')).toMatchObject({ connections: 0 }), { timeout: 10_000 })
    client.socket.resume()
    expect(await client.closed).toBe(1006)
  })
})
