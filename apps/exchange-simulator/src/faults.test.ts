import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { day, fiveMinutes, openScenario, type Scenario } from './simulator-scenario.ts'

let s: Scenario
beforeAll(async () => { s = await openScenario() })
afterAll(() => s.simulator.close())
afterEach(async () => {
  await fetch(`${s.simulator.url}/_simulator/faults`, { method: 'DELETE' })
  await fetch(`${s.simulator.url}/_simulator/stats`, { method: 'DELETE' })
})
const klines = () => s.get(`/api/v3/klines?symbol=BTCUSDT&interval=5m&startTime=${s.from}&limit=100`)
const statuses = async (times: number) => {
  const seen = []
  for (let k = 0; k < times; k++) seen.push((await klines()).status)
  return seen
}

describe('faults', () => {
  it('refuse as scripted, only what matches', async () => {
    await s.faults({ kind: 'rate_limit', retry_after: 3, path: '/api/v3/klines', after: 1, count: 2 })
    expect((await s.get('/api/v3/time')).status).toBe(200)
    expect(await statuses(4)).toEqual([200, 429, 429, 200])
    await s.faults({ kind: 'ban', retry_after: 7, symbol: 'BTCUSDT', count: 1 })
    expect((await s.get('/api/v3/klines?symbol=ETHUSDT&interval=5m&limit=1')).status).toBe(200)
    const banned = await klines()
    expect([banned.status, banned.headers.get('retry-after')]).toEqual([418, '7'])
    expect(await banned.json()).toMatchObject({ code: -1003, msg: expect.stringContaining(`IP banned until ${s.to + 7_000}`) })
    await s.faults({ kind: 'server_error', status: 502, count: 1 })
    expect(await statuses(2)).toEqual([502, 200])
    expect(s.simulator.stats().faults).toEqual({ rate_limit: 2, ban: 1, server_error: 1 })
  })

  it('strike by seeded chance', async () => {
    const roll = async () => {
      await fetch(`${s.simulator.url}/_simulator/faults`, { method: 'DELETE' })
      const body = JSON.stringify({ seed: 9, faults: [{ kind: 'server_error', probability: 0.3 }] })
      expect((await fetch(`${s.simulator.url}/_simulator/faults`, { method: 'POST', body })).status).toBe(201)
      return statuses(40)
    }
    const first = await roll()
    expect(await roll()).toEqual(first)
    const struck = first.filter((status) => status === 503).length
    expect(struck).toBeGreaterThan(3)
    expect(struck).toBeLessThan(25)
  })

  it('cut the connection and truncate the body', async () => {
    await s.faults({ kind: 'cut', count: 1 })
    await expect(klines().then((response) => response.text())).rejects.toThrow()
    await s.faults({ kind: 'truncate', count: 1 })
    const half = await (await klines()).text()
    const whole = await (await klines()).text()
    expect(half).toBe(whole.slice(0, Math.floor(whole.length / 2)))
    expect(() => JSON.parse(half)).toThrow()
  })

  it('answer late, others meanwhile at once, and not at all once closed', async () => {
    const other = await openScenario({ faults: [{ kind: 'slow', delay_ms: 600_000, path: '/api/v3/ping', probability: 1, after: 0 }] })
    const waiting = other.get('/api/v3/ping').then(() => 'answered', () => 'cut')
    await expect.poll(() => other.simulator.stats().faults.slow).toBe(1)
    expect((await other.get('/api/v3/time')).status).toBe(200)
    await other.simulator.close()
    expect(await waiting).toBe('cut')
  })

  it('answer late by as much as asked', async () => {
    const waits: number[] = []
    const other = await openScenario({ wait: async (ms) => { waits.push(ms) } })
    await other.faults({ kind: 'slow', delay_ms: 1_500, count: 1 })
    expect([(await other.get('/api/v3/time')).status, (await other.get('/api/v3/time')).status, waits]).toEqual([200, 200, [1_500]])
    await other.simulator.close()
  })

  it('hide a hole over REST, with full pages around it, and in archives', async () => {
    const [from, to] = [s.from + 10 * fiveMinutes, s.from + 300 * fiveMinutes]
    await s.faults({ kind: 'hole', symbol: 'BTCUSDT', from, to })
    const opens = (await s.klines(`startTime=${s.from}&limit=20`)).map((row) => (row[0] - s.from) / fiveMinutes)
    expect(opens).toEqual([...Array(10).keys(), ...Array.from({ length: 10 }, (_, k) => 300 + k)])
    const last = (await s.klines(`endTime=${s.from + 301 * fiveMinutes}&limit=4`)).map((row) => (row[0] - s.from) / fiveMinutes)
    expect(last).toEqual([8, 9, 300, 301])
    expect(await s.klines(`startTime=${from}&endTime=${to - 1}`)).toEqual([])
    expect((await s.get('/data/spot/daily/klines/BTCUSDT/5m/BTCUSDT-5m-2024-12-30.zip')).status).toBe(200)
    const trades = (await s.json(`/api/v3/aggTrades?symbol=BTCUSDT&startTime=${from}&limit=1`)) as { T: number }[]
    expect(trades[0]!.T).toBeGreaterThanOrEqual(to)
    expect(await s.json(`/api/v3/klines?symbol=ETHUSDT&interval=5m&startTime=${from}&endTime=${from}`)).toHaveLength(1)
  })

  it('hide a flaky hole only the first time that it would show', async () => {
    const [from, to] = [s.from + 10 * fiveMinutes, s.from + 12 * fiveMinutes]
    await s.faults({ kind: 'flaky_hole', symbol: 'BTCUSDT', from, to })
    expect(await s.klines(`startTime=${s.from + day}&limit=1`)).toHaveLength(1)
    const ask = () => s.klines(`startTime=${s.from}&endTime=${s.from + 20 * fiveMinutes}`)
    expect((await ask()).length).toBe(19)
    expect((await ask()).length).toBe(21)
    expect(s.simulator.stats().faults).toEqual({ flaky_hole: 1 })
  })

  it('double rows without exceeding the limit', async () => {
    const clean = await s.klines(`startTime=${s.from}&limit=50`)
    await s.faults({ kind: 'duplicate_rows', rows: 5, count: 2 })
    expect((await s.get('/api/v3/time')).status).toBe(200)
    const doubled = await s.klines(`startTime=${s.from}&limit=50`)
    expect(doubled).toHaveLength(50)
    expect(new Set(doubled.map((row) => row[0])).size).toBeLessThan(50)
    expect(clean).toEqual(expect.arrayContaining(doubled))
    const trades = (await s.json(`/api/v3/aggTrades?symbol=BTCUSDT&startTime=${s.from}&limit=50`)) as { a: number }[]
    expect([trades.length, new Set(trades.map(({ a }) => a)).size < 50]).toEqual([50, true])
  })

  it('add an unfinished candle to the last page', async () => {
    await s.faults({ kind: 'open_candle' })
    const rows = await s.klines(`startTime=${s.to - 2 * fiveMinutes}&endTime=${s.to - 1}`)
    expect(rows.map((row) => row[0])).toEqual([s.to - 2 * fiveMinutes, s.to - fiveMinutes, s.to])
    expect(rows[2]!.slice(5, 7)).toEqual(['0.00000000', s.to + fiveMinutes - 1])
    expect(await s.klines(`startTime=${s.from}&limit=3`)).toHaveLength(3)
  })

  it('are refused when they are not faults', async () => {
    const post = async (body: string) => (await fetch(`${s.simulator.url}/_simulator/faults`, { method: 'POST', body })).status
    expect([await post('{'), await post('{"kind":"flood"}'), await post('[{"kind":"slow"}]'), await post(`"${'x'.repeat(2 ** 21)}"`)]).toEqual([400, 422, 422, 413])
    expect(await s.json('/_simulator/faults')).toEqual([])
    expect((await s.get('/_simulator/nothing')).status).toBe(404)
  })
})
