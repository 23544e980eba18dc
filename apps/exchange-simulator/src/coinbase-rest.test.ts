import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fiveMinutes, openScenario, type Scenario } from './simulator-scenario.ts'

let s: Scenario
beforeAll(async () => { s = await openScenario({ coinbaseLimit: 1_000 }) })
afterAll(() => s.simulator.close())
const iso = (ms: number) => new Date(ms).toISOString()

describe('Coinbase Exchange', () => {
  it('lists products and tells the time', async () => {
    const products = (await s.json('/products')) as { id: string; status: string }[]
    expect(products.map(({ id, status }) => [id, status])).toEqual([['BTC-USDT', 'online'], ['ETH-USDT', 'online']])
    expect(await s.json('/time')).toEqual({ iso: iso(s.to), epoch: s.to / 1000 })
    expect((await s.get('/products/XYZ-USDT')).status).toBe(404)
  })

  it('has the same candles, newest first, both ends included', async () => {
    const rows = (await s.json(`/products/BTC-USDT/candles?granularity=300&start=${iso(s.from)}&end=${iso(s.from + 2 * fiveMinutes)}`)) as number[][]
    const klines = await s.klines(`startTime=${s.from}&limit=3`)
    expect(rows).toEqual(klines.toReversed().map(([open, o, h, l, c, v]) => [open / 1000, Number(l), Number(h), Number(o), Number(c), Number(v)]))
  })

  it('refuses more than 300 candles and other granularities', async () => {
    const ask = (granularity: number, candles: number) =>
      s.get(`/products/BTC-USDT/candles?granularity=${granularity}&start=${iso(s.from)}&end=${iso(s.from + candles * granularity * 1000)}`)
    expect((await (await ask(300, 300)).json())).toHaveLength(300)
    expect([(await ask(300, 301)).status, (await ask(120, 5)).status]).toEqual([400, 400])
  })

  it('pages trades backwards by id', async () => {
    interface CoinbaseTrade { trade_id: number; side: string; price: string; time: string }
    const ask = async (query: string) => (await s.json(`/products/BTC-USDT/trades?${query}`)) as CoinbaseTrade[]
    const [newest] = await ask('limit=1')
    const page = await ask(`after=${newest!.trade_id}&limit=10`)
    expect(page.map((t) => t.trade_id)).toEqual(Array.from({ length: 10 }, (_, k) => newest!.trade_id - 1 - k))
    const [same] = (await s.json(`/api/v3/aggTrades?symbol=BTCUSDT&fromId=${page[0]!.trade_id}&limit=1`)) as { p: string; T: number; m: boolean }[]
    expect([page[0]!.price, Date.parse(page[0]!.time), page[0]!.side]).toEqual([same!.p, same!.T, same!.m ? 'buy' : 'sell'])
    expect(await ask(`before=${newest!.trade_id}`)).toEqual([])
  })

  it('refuses beyond its requests a second', async () => {
    const strict = await openScenario({ coinbaseLimit: 2 })
    const seen = [await strict.get('/time'), await strict.get('/time'), await strict.get('/time')].map((response) => response.status)
    strict.clock.time += 1_000
    expect([...seen, (await strict.get('/time')).status]).toEqual([200, 200, 429, 200])
    await strict.simulator.close()
  })
})
